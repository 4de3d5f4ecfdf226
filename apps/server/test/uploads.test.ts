import { request as httpRequest } from 'node:http';
import type { BlobId } from '@undertone/protocol';
import { expect, it } from 'vitest';
import type { HttpClient } from './support/http-client.ts';
import { blob, Person } from './support/person.ts';
import { onEachDatabase } from './support/server-per-database.ts';
import {
  append,
  ask,
  begin,
  bytesOf,
  createUpload,
  download,
  head,
  offsetOf,
  refusalOf,
  stored,
  terminate,
  upload,
  usage,
} from './support/upload.ts';

/** Send the beginning of a piece, then cut the connection. Resolves when the server has had it. */
async function cutOff(http: HttpClient, id: BlobId, declared: number, part: Uint8Array): Promise<void> {
  const { port } = new URL(http.origin);
  const request = httpRequest({
    port,
    host: '127.0.0.1',
    method: 'PATCH',
    path: `/api/blobs/${id}`,
    headers: {
      origin: http.origin,
      cookie: http.cookie,
      'tus-resumable': '1.0.0',
      'upload-offset': '0',
      'content-type': 'application/offset+octet-stream',
      'content-length': declared,
    },
  });
  request.on('error', () => {});
  await new Promise<void>((resolve) => request.write(part, () => resolve()));
  request.destroy();
}

onEachDatabase('uploads', (server) => {
  const online = () => Person.online(server().origin);

  it('F2 a file comes in by pieces and goes out as it came', async () => {
    const { http } = await online();
    const data = blob(3_000_000);
    const created = await createUpload(http, data.length);
    expect(created.status).toBe(201);
    expect(created.headers.get('tus-resumable')).toBe('1.0.0');
    expect(Date.parse(created.headers.get('upload-expires') ?? '')).toBeGreaterThan(Date.now());
    expect(created.headers.get('access-control-allow-origin')).toBeNull();
    const location = created.headers.get('location') ?? '';
    expect(location).toMatch(/^\/api\/blobs\/[0-9a-f-]{36}$/);
    const id = location.replace('/api/blobs/', '') as BlobId;

    expect(await offsetOf(http, id)).toBe(0);
    const first = await append(http, id, 0, data.subarray(0, 1_000_000));
    expect([first.status, first.headers.get('upload-offset')]).toEqual([204, '1000000']);
    expect(await refusalOf(await download(http, id))).toEqual([409, 'blob_incomplete']);
    const answer = await head(http, id);
    expect(answer.headers.get('upload-offset')).toBe('1000000');
    expect(answer.headers.get('upload-length')).toBe('3000000');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect((await append(http, id, 1_000_000, data.subarray(1_000_000))).status).toBe(204);

    const whole = await download(http, id);
    expect(whole.status).toBe(200);
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      'accept-ranges': 'bytes',
      'content-length': '3000000',
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    expect(Buffer.compare(await bytesOf(whole), data)).toBe(0);
  });

  it('F2 what the server offers of tus can be asked', async () => {
    const { http } = await online();
    const answer = await ask(http, 'OPTIONS', '/blobs');
    expect(answer.status).toBe(204);
    expect(answer.headers.get('tus-extension')).toBe('creation,expiration,termination');
    expect(answer.headers.get('tus-max-size')).toBe(String(4 * 1024 ** 3));
  });

  it('F2 every request needs a session, and those that change something the own origin', async () => {
    const { http } = await online();
    const id = await upload(http, blob(10));
    const nobody = { origin: http.origin, cookie: '' } as HttpClient;
    expect(await refusalOf(await createUpload(nobody, 10))).toEqual([401, 'not_signed_in']);
    expect((await head(nobody, id)).status).toBe(401);
    expect(await refusalOf(await append(nobody, id, 0, blob(1)))).toEqual([401, 'not_signed_in']);
    expect(await refusalOf(await terminate(nobody, id))).toEqual([401, 'not_signed_in']);
    expect(await refusalOf(await download(nobody, id))).toEqual([401, 'not_signed_in']);
    const origin = { origin: 'https://evil.example' };
    expect(await refusalOf(await createUpload(http, 10, origin))).toEqual([403, 'wrong_origin']);
    expect(await refusalOf(await ask(http, 'DELETE', `/blobs/${id}`, origin))).toEqual([403, 'wrong_origin']);
  });

  it('F2 uploads that are not declared properly are refused, and nothing is noted', async () => {
    const { http } = await online();
    for (const length of ['0', '-1', '1.5', '1e3', 'x', '', '99999999999999999999']) {
      expect(await refusalOf(await createUpload(http, length))).toEqual([400, 'invalid_request']);
    }
    const post = (headers: Record<string, string>, body?: string) => ask(http, 'POST', '/blobs', headers, body);
    const tus = { 'tus-resumable': '1.0.0' };
    expect(await refusalOf(await post(tus))).toEqual([400, 'invalid_request']);
    expect(await refusalOf(await post({ 'upload-length': '5' }))).toEqual([400, 'invalid_request']);
    const defer = { ...tus, 'upload-length': '5', 'upload-defer-length': '1' };
    expect(await refusalOf(await post(defer))).toEqual([400, 'invalid_request']);
    const concat = { ...tus, 'upload-length': '5', 'upload-concat': 'partial' };
    expect(await refusalOf(await post(concat))).toEqual([400, 'invalid_request']);
    const early = { ...tus, 'upload-length': '5', 'content-type': 'application/offset+octet-stream' };
    expect(await refusalOf(await post(early, 'hello'))).toEqual([400, 'invalid_request']);
    expect(await usage(http)).toBe(0);
  });

  it('F2 too large, more than declared, at another offset, of another type', async () => {
    const { http } = await online();
    const tooLarge = await createUpload(http, 4 * 1024 ** 3 + 1);
    expect(await refusalOf(tooLarge)).toEqual([413, 'blob_too_large']);
    const id = await begin(http, 100);
    expect(await refusalOf(await append(http, id, 0, blob(101)))).toEqual([413, 'blob_too_large']);
    let pieces = 0;
    const unsized = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        controller.enqueue(blob(60));
        pieces += 1;
        if (pieces === 4) controller.close();
      },
    });
    expect((await append(http, id, 0, unsized).catch(() => ({ status: 413 }))).status).toBe(413);
    expect(await offsetOf(http, id)).toBeLessThanOrEqual(100);
    expect(await refusalOf(await append(http, id, 5_000, blob(1)))).toEqual([409, 'blob_incomplete']);
    const wrongType = await ask(
      http,
      'PATCH',
      `/blobs/${id}`,
      { 'tus-resumable': '1.0.0', 'upload-offset': '0', 'content-type': 'application/json' },
      '{}',
    );
    expect(await refusalOf(wrongType)).toEqual([400, 'invalid_request']);
  });

  it('F2 an upload whose connection is cut goes on at the offset that the server names', async () => {
    const { http } = await online();
    const data = blob(2_000_000);
    const id = await begin(http, data.length);
    await cutOff(http, id, data.length, data.subarray(0, 700_000));
    let rest: Response;
    do {
      const offset = await offsetOf(http, id);
      expect(offset).toBeLessThanOrEqual(700_000);
      rest = await append(http, id, offset, data.subarray(offset));
      // The request that was cut may come in between; then the offset is another one.
    } while (rest.status === 409);
    expect([rest.status, rest.headers.get('upload-offset')]).toEqual([204, '2000000']);
    expect(Buffer.compare(await bytesOf(await download(http, id)), data)).toBe(0);
  });

  it('F2 only the uploader may look at, go on with, or end an upload', async () => {
    const [{ http: alice }, { http: bob }] = [await online(), await online()];
    const id = await begin(alice, 10);
    expect((await head(bob, id)).status).toBe(404);
    expect(await refusalOf(await append(bob, id, 0, blob(10)))).toEqual([404, 'unknown_blob']);
    expect(await refusalOf(await terminate(bob, id))).toEqual([404, 'unknown_blob']);
    expect(await refusalOf(await download(bob, id))).toEqual([404, 'unknown_blob']);
    expect(await offsetOf(alice, id)).toBe(0);
    expect(await refusalOf(await download(alice, crypto.randomUUID() as BlobId))).toEqual([404, 'unknown_blob']);
    expect(await refusalOf(await download(alice, '..%2f..%2fetc%2fpasswd' as BlobId))).toEqual([
      400,
      'invalid_request',
    ]);
  });

  it('F2 an upload that is ended is gone, with its file and its share of the quota', async () => {
    const { http } = await online();
    const id = await begin(http, 1_000);
    await append(http, id, 0, blob(400));
    expect(await stored(server())).toContain(id);
    expect(await usage(http)).toBe(1_000);
    const ended = await terminate(http, id);
    expect([ended.status, ended.headers.get('tus-resumable')]).toEqual([204, '1.0.0']);
    expect(await stored(server())).not.toContain(id);
    expect(await usage(http)).toBe(0);
    expect((await head(http, id)).status).toBe(404);
  });
});
