import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { MemoryKvStore, Upload } from '@tus/server';
import { type BlobId, ProtocolError } from '@undertone/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BlobStore, StoredBlob } from '../src/blobs/blob-store.ts';
import { FolderStore } from '../src/blobs/folder-store.ts';
import { S3Store } from '../src/blobs/s3-store.ts';
import { startTestServer, type TestServer } from '../src/testing/start-test-server.ts';
import { at, blob, codeOf, entryId, Person } from './support/person.ts';
import { s3Available, startS3 } from './support/s3-server.ts';
import { append, begin, bytesOf, download, head, offsetOf, upload } from './support/upload.ts';

const mebibyte = 1024 ** 2;

interface OpenStore {
  readonly store: BlobStore;
  close(): Promise<void>;
}

async function openFolder(): Promise<OpenStore> {
  const folder = await mkdtemp(join(tmpdir(), 'undertone-store-'));
  const store = new FolderStore({ folder, uploads: new MemoryKvStore() });
  return { store, close: () => rm(folder, { recursive: true }) };
}

async function openS3(): Promise<OpenStore> {
  const { settings, stop } = await startS3();
  return { store: await S3Store.load(settings), close: stop };
}

/** What every store of files has to do, whatever it is made of. */
describe.each([
  { name: 'a folder', available: true, open: openFolder },
  { name: 'S3', available: s3Available, open: openS3 },
])('files in $name', ({ available, open }) => {
  describe.skipIf(!available)('contract', () => {
    let opened: OpenStore;
    let store: BlobStore;
    beforeAll(async () => {
      opened = await open();
      store = opened.store;
      await store.open();
    });
    afterAll(() => opened.close());

    async function create(size: number): Promise<BlobId> {
      const id = randomUUID() as BlobId;
      await store.tus.create(new Upload({ id, size, offset: 0 }));
      return id;
    }

    const write = (id: BlobId, offset: number, data: Uint8Array) => store.tus.write(Readable.from([data]), id, offset);
    const offset = async (id: BlobId): Promise<number> => (await store.tus.getUpload(id)).offset;
    const read = async (id: BlobId, start: number, end: number) => buffer(await store.read(id, { start, end }));

    async function listed(): Promise<StoredBlob[]> {
      const all: StoredBlob[] = [];
      for await (const stored of store.list()) all.push(stored);
      return all;
    }

    it('keeps what is written in pieces of any size, and reads any part of it', async () => {
      const data = blob(12 * mebibyte + 5);
      const id = await create(data.length);
      expect(await offset(id)).toBe(0);
      let at = 0;
      for (const size of [7, 6 * mebibyte, 100, data.length]) {
        const piece = data.subarray(at, at + size);
        expect(await write(id, at, piece)).toBe(at + piece.length);
        at += piece.length;
        expect(await offset(id)).toBe(at);
      }
      await store.persist(id);
      expect(Buffer.compare(await read(id, 0, data.length - 1), data)).toBe(0);
      expect(Buffer.compare(await read(id, 5, 5), data.subarray(5, 6))).toBe(0);
      const [from, to] = [6 * mebibyte, 9 * mebibyte];
      expect(Buffer.compare(await read(id, from, to), data.subarray(from, to + 1))).toBe(0);
      await store.remove(id);
    });

    it('goes on after a piece that was cut off, at the offset that it tells', async () => {
      const data = blob(11 * mebibyte);
      const id = await create(data.length);
      const cut = Readable.from(
        (function* () {
          yield data.subarray(0, 5 * mebibyte);
          yield data.subarray(5 * mebibyte, 9 * mebibyte);
          throw new Error('cut off');
        })(),
      );
      await expect(store.tus.write(cut, id, 0)).rejects.toThrow();
      const reached = await offset(id);
      expect(reached).toBeLessThanOrEqual(9 * mebibyte);
      await write(id, reached, data.subarray(reached));
      expect(Buffer.compare(await read(id, 0, data.length - 1), data)).toBe(0);
      await store.remove(id);
    });

    it('lists what is finished and what is not, until it is removed', async () => {
      const before = Date.now() - 2_000;
      const [unbegun, half, whole] = [await create(10), await create(10), await create(10)];
      await write(half, 0, blob(4));
      await write(whole, 0, blob(10));
      const all = await listed();
      for (const id of [unbegun, half, whole]) {
        const found = all.find((stored) => stored.id === id);
        expect(found?.changedAt).toBeGreaterThan(before);
        await store.remove(id);
      }
      expect(await listed()).toEqual([]);
      expect(await codeOf(store.read(whole, { start: 0, end: 9 }))).toBe('unknown_blob');
    });

    it('removing what is not there is no failure', async () => {
      await store.remove(randomUUID() as BlobId);
    });
  });
});

it('a folder that cannot be used is said in one line', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'undertone-store-')), 'file');
  await writeFile(file, '');
  expect(() => new FolderStore({ folder: join(file, 'blobs'), uploads: new MemoryKvStore() })).toThrow(
    /^The folder for files .*file\/blobs cannot be used: /,
  );
});

it('a folder leaves what others put into it alone', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'undertone-store-'));
  const store = new FolderStore({ folder, uploads: new MemoryKvStore() });
  await writeFile(join(folder, 'lost+found'), '');
  for await (const stored of store.list()) throw new Error(stored.id);
  await rm(folder, { recursive: true });
});

describe.skipIf(!s3Available)('a server whose files are in S3', () => {
  let server: TestServer;
  let stop = async (): Promise<void> => {};
  beforeAll(async () => {
    const s3 = await startS3();
    stop = s3.stop;
    server = await startTestServer({ settings: { blobs: s3.settings } });
  });
  afterAll(async () => {
    await server.close();
    await stop();
  });

  it('F2 F3 takes them in by pieces, gives them out by ranges, and deletes them', async () => {
    const alice = await Person.online(server.origin);
    const data = blob(6 * mebibyte);
    const id = await begin(alice.http, data.length);
    expect((await append(alice.http, id, 0, data.subarray(0, 1_000))).status).toBe(204);
    expect(await offsetOf(alice.http, id)).toBe(1_000);
    expect((await append(alice.http, id, 1_000, data.subarray(1_000))).status).toBe(204);
    const part = await bytesOf(await download(alice.http, id, 'bytes=1000-5000000'));
    expect(Buffer.compare(part, data.subarray(1_000, 5_000_001))).toBe(0);
    expect(Buffer.compare(await bytesOf(await download(alice.http, id)), data)).toBe(0);

    const room = await alice.room('Files');
    await alice.found(room);
    const send = { type: 'send', room, ...at(1, 0), kind: 'message', body: blob() } as const;
    const { seq } = await alice.socket.request<'ack'>({ ...send, id: entryId(), blobs: [id] });
    await alice.socket.request<'ack'>({ ...send, id: entryId(), erases: [seq] });
    expect((await head(alice.http, id)).status).toBe(404);
    await server.services.blobs.collector.collect();
    const left: StoredBlob[] = [];
    for await (const stored of server.services.blobs.store.list()) left.push(stored);
    expect(left).toEqual([]);
  });

  it('F2 a file whose parts were not put together, as its server ended before, is whole after asking for the offset', async () => {
    const alice = await Person.online(server.origin);
    const data = blob(6 * mebibyte);
    const id = await begin(alice.http, data.length);
    const { store } = server.services.blobs;
    const ending = store.tus as unknown as { finishMultipartUpload(...all: unknown[]): Promise<unknown> };
    const { finishMultipartUpload } = ending;
    ending.finishMultipartUpload = () => Promise.reject(new ProtocolError('unavailable'));
    expect((await append(alice.http, id, 0, data)).status).toBe(503);
    ending.finishMultipartUpload = finishMultipartUpload;
    expect((await download(alice.http, id)).status).toBe(409);
    expect(await offsetOf(alice.http, id)).toBe(data.length);
    expect(Buffer.compare(await bytesOf(await download(alice.http, id)), data)).toBe(0);
    await server.services.blobs.uploads.terminate(alice.account, id);
  });

  it('F3 what no row knows of is deleted, finished or not', async () => {
    const alice = await Person.online(server.origin);
    const [whole, half] = [await upload(alice.http, blob(10)), await begin(alice.http, 20)];
    await append(alice.http, half, 0, blob(5));
    const { database, blobs } = server.services;
    await database.prisma.$executeRaw`DELETE FROM blobs`;
    await blobs.collector.sweep();
    for await (const stored of blobs.store.list()) throw new Error(`${stored.id} of ${[whole, half]}`);
  });
});

it('a bucket that is not there is said in one line', async () => {
  const settings = {
    kind: 's3',
    bucket: 'nothing-here',
    endpoint: 'http://127.0.0.1:9',
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  } as const;
  await expect((await S3Store.load(settings)).open()).rejects.toThrow(
    /^The bucket nothing-here at http:\/\/127\.0\.0\.1:9 cannot be used: /,
  );
});
