import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { BlobUsage } from '@undertone/protocol';
import { afterEach, expect, it } from 'vitest';
import { FolderStore } from '../src/blobs/folder-store.ts';
import { startTestServer, type TestServer } from '../src/testing/start-test-server.ts';
import type { HttpClient } from './support/http-client.ts';
import { blob, Person } from './support/person.ts';
import { append, begin, bytesOf, createUpload, download, head, refusalOf, upload } from './support/upload.ts';

const mebibyte = 1024 ** 2;
let server: TestServer | undefined;
let undo = async (): Promise<void> => {};

afterEach(async () => {
  await server?.close();
  await undo();
  undo = async () => {};
});

const usage = async (http: HttpClient): Promise<number> => (await http.ok<BlobUsage>('GET', '/blob-usage')).usedBytes;

/** A disk of 8 MiB, where this process may make one. */
function tinyDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'undertone-disk-'));
  try {
    execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=8m', 'none', folder], { stdio: 'ignore' });
    undo = async () => {
      execFileSync('/bin/umount', [folder]);
      await rm(folder, { recursive: true });
    };
    return folder;
  } catch {
    return undefined;
  }
}

/** A store that says of itself that it has room, and is full after so many bytes of a piece. */
function fullAfter(bytes: number, store: FolderStore): FolderStore {
  const write = store.tus.write.bind(store.tus);
  async function* upTo(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    let left = bytes;
    for await (const chunk of body) {
      left -= chunk.length;
      if (left < 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      yield chunk;
    }
  }
  store.tus.write = (body, id, offset) => write(Readable.from(upTo(body)), id, offset);
  return store;
}

it('F2 a store that is full in the middle of a piece is storage_full, and nothing half-done is left', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'undertone-full-'));
  undo = () => rm(folder, { recursive: true });
  server = await startTestServer({
    blobStore: (rows) => fullAfter(mebibyte, new FolderStore({ folder, uploads: rows.uploads(), reserveBytes: 0 })),
  });
  const { http } = await Person.signUp(server.origin);
  const data = blob(mebibyte / 2);
  const kept = await upload(http, data);
  const id = await begin(http, 3 * mebibyte);
  expect(await refusalOf(await append(http, id, 0, blob(3 * mebibyte)))).toEqual([507, 'storage_full']);
  expect((await head(http, id)).status).toBe(404);
  expect(await readdir(folder)).toEqual([kept]);
  expect(await usage(http)).toBe(data.length);
  expect(Buffer.compare(await bytesOf(await download(http, kept)), data)).toBe(0);
});

it('F2 on a disk that is really full as well; a declared length that does not fit is refused at once', async (context) => {
  const folder = tinyDisk();
  if (folder === undefined) return context.skip('a small disk cannot be mounted here');
  server = await startTestServer({
    blobStore: (rows) => new FolderStore({ folder, uploads: rows.uploads(), reserveBytes: 0 }),
  });
  const { http } = await Person.signUp(server.origin);
  expect(await refusalOf(await createUpload(http, 9 * mebibyte))).toEqual([507, 'storage_full']);
  expect(await usage(http)).toBe(0);
  const [first, second] = [await begin(http, 6 * mebibyte), await begin(http, 6 * mebibyte)];
  expect((await append(http, first, 0, blob(6 * mebibyte))).status).toBe(204);
  expect(await refusalOf(await append(http, second, 0, blob(6 * mebibyte)))).toEqual([507, 'storage_full']);
  expect(await readdir(folder)).toEqual([first]);
  expect(await usage(http)).toBe(6 * mebibyte);
  expect((await download(http, first)).status).toBe(200);
});

it('F2 what is reserved of the disk is not given to files', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'undertone-full-'));
  undo = () => rm(folder, { recursive: true });
  server = await startTestServer({
    blobStore: (rows) => new FolderStore({ folder, uploads: rows.uploads(), reserveBytes: 2 ** 60 }),
  });
  const { http } = await Person.signUp(server.origin);
  expect(await refusalOf(await createUpload(http, 1))).toEqual([507, 'storage_full']);
});

it('F3 the quota holds whoever begins at once, counts what is declared, and is told', async () => {
  server = await startTestServer({ settings: { blobQuotaBytes: 1_000, blobMaxBytes: 600 } });
  const { http } = await Person.signUp(server.origin);
  expect(await refusalOf(await createUpload(http, 601))).toEqual([413, 'blob_too_large']);
  const answers = await Promise.all(Array.from({ length: 12 }, () => createUpload(http, 300)));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
  for (const refused of answers.filter(({ status }) => status !== 201)) {
    expect(await refusalOf(refused)).toEqual([413, 'blob_quota']);
  }
  expect(await http.ok('GET', '/blob-usage')).toEqual({ usedBytes: 900, quotaBytes: 1_000, blobMaxBytes: 600 });
  const { http: other } = await Person.signUp(server.origin);
  expect((await createUpload(other, 600)).status).toBe(201);
});
