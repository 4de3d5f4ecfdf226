import { createHash } from 'node:crypto';
import { BlobId, RoomId } from '@undertone/protocol';
import { Vault } from '@undertone/vault';
import { MemoryBackend } from '@undertone/vault/memory';
import { expect, it } from 'vitest';
import { randomBytes, utf8 } from '../bytes.ts';
import { transferId } from '../view/files.ts';
import { contentRange, encodeHeader, encodingOf, fileRecordBytes, layoutOf, sealRecord } from './content-encoding.ts';
import type { NamedFile, StoredFile } from './file-port.ts';
import { LocalFiles } from './local-files.ts';
import { MemoryFileStore } from './memory-file-store.ts';

const newRoom = () => RoomId.parse(crypto.randomUUID());
const newBlob = () => BlobId.parse(crypto.randomUUID());

/** The header and the records of content under a key. */
async function sealed(content: Uint8Array<ArrayBuffer>, key: Uint8Array<ArrayBuffer>, salt = randomBytes(16)) {
  const encoding = await encodingOf(key, salt, fileRecordBytes);
  const layout = layoutOf(content.length);
  const records = Array.from({ length: layout.records }, (_, record) => {
    const { start, end } = contentRange(layout, record);
    return sealRecord(encoding, layout, record, content.slice(start, end));
  });
  return [encodeHeader(encoding), ...(await Promise.all(records))];
}

/** SPEC F1 in other words. */
function digestOf(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
  return new Uint8Array(hash(Buffer.concat(parts.map(hash))));
}

/** What a message in some room says of stored parts, and the parts. */
async function storedFile(content: Uint8Array<ArrayBuffer>, more: Partial<StoredFile> = {}) {
  const key = randomBytes(32);
  const parts = await sealed(content, key);
  const file: StoredFile = {
    room: newRoom(),
    row: 'entry/1',
    blob: newBlob(),
    key,
    digest: digestOf(parts),
    bytes: content.length,
    ...more,
  };
  return { file, parts };
}

/** The files of a device; the server has `blobs`, and a stream is cut where one ends with `null`. */
async function device() {
  const blobs = new Map<BlobId, readonly (Uint8Array<ArrayBuffer> | null)[]>();
  const received: NamedFile[] = [];
  const store = new MemoryFileStore();
  const files = await LocalFiles.open({
    vault: await Vault.open(new MemoryBackend()),
    store,
    isOnline: () => false,
    serverUsage: () => Promise.reject(new TypeError('not asked')),
    server: {
      endpoint: '',
      headers: () => ({}),
      remove: async () => {},
      get: async (blob, start) => {
        const parts = blobs.get(blob) ?? [];
        const whole = new Blob(parts.flatMap((part) => part ?? []));
        const bytes = new Uint8Array(await whole.slice(start).arrayBuffer());
        return new ReadableStream<Uint8Array<ArrayBuffer>>({
          start: (stream) => stream.enqueue(bytes),
          pull: (stream) => (parts.includes(null) ? stream.error(new TypeError('cut')) : stream.close()),
        });
      },
    },
    events: {
      uploaded: async () => {},
      uploadCancelled: async () => {},
      received: async (file) => void received.push(file),
      changed: () => {},
    },
  });
  const state = () => files.transfers().map((transfer) => transfer.state);
  const content = async (file: StoredFile) =>
    new Uint8Array(await (await files.open(file, 'text/plain')).arrayBuffer());
  return { files, store, blobs, received, state, content };
}

it('F4 another content under the same key, which every member has, is not the file', async () => {
  const { files, store, blobs, received, state, content } = await device();
  const { file, parts } = await storedFile(utf8('pay alice 10'));
  blobs.set(file.blob, await sealed(utf8('pay mallory!'), file.key));
  await files.receive(file);
  await expect.poll(state).toEqual(['failed']);
  expect(files.transfers()[0]?.failure).toContain('damaged');
  expect(received).toEqual([]);
  expect(store.files.size).toBe(0);
  blobs.set(file.blob, parts);
  await files.resume(files.transfers()[0]?.id ?? '');
  await expect.poll(() => received.length).toBe(1);
  expect(await content(file)).toEqual(utf8('pay alice 10'));
});

it('F4 what came before a cut counts: it is hashed again when the rest comes', async () => {
  const { files, blobs, received, state } = await device();
  const bytes = new Uint8Array(fileRecordBytes + 100);
  const { file, parts } = await storedFile(bytes);
  const [header = new Uint8Array(), , rest = new Uint8Array()] = parts;
  const [, other = new Uint8Array()] = await sealed(
    bytes.map(() => 7),
    file.key,
    header.slice(0, 16),
  );
  blobs.set(file.blob, [header, other, null]);
  await files.receive(file);
  await expect.poll(() => files.transfers()[0]?.doneBytes).toBeGreaterThan(0);
  await expect.poll(state).toEqual(['waiting']);
  blobs.set(file.blob, [header, other, rest]);
  files.connected();
  await expect.poll(state).toEqual(['failed']);
  blobs.set(file.blob, [header, parts[1] ?? null, null]);
  await files.resume(files.transfers()[0]?.id ?? '');
  await expect.poll(state).toEqual(['waiting']);
  expect(received).toEqual([]);
  blobs.set(file.blob, parts);
  files.connected();
  await expect.poll(() => received.length).toBe(1);
});

it('F4 a stored copy that is another sealing under its key is not opened', async () => {
  const { files, store, blobs, received, content } = await device();
  const { file, parts } = await storedFile(utf8('pay alice 10'));
  blobs.set(file.blob, parts);
  await files.receive(file);
  await expect.poll(() => received.length).toBe(1);
  const [name = ''] = await store.names();
  const other = await new Blob(await sealed(utf8('pay mallory!'), file.key)).arrayBuffer();
  store.files.set(name, new Uint8Array(other));
  await expect(content(file)).rejects.toMatchObject({ code: 'file_damaged' });
});

it('F3 a message that names the file of another one, with a wrong key or in another room, does nothing to it', async () => {
  const { files, blobs, received, content } = await device();
  const { file, parts } = await storedFile(utf8('mine'));
  blobs.set(file.blob, parts);
  await files.receive(file);
  await expect.poll(() => received.length).toBe(1);
  const wrongKey: StoredFile = { ...file, row: 'entry/2', key: randomBytes(32) };
  const elsewhere: StoredFile = { ...file, room: newRoom() };
  for (const other of [wrongKey, elsewhere]) {
    expect(files.isHere(other)).toBe(false);
    await expect(content(other)).rejects.toThrow();
    await files.remove(other.room, [other.row]);
    expect(files.isHere(file)).toBe(true);
    expect(await content(file)).toEqual(utf8('mine'));
  }
  await files.remove(file.room, [file.row]);
  expect(files.isHere(file)).toBe(false);
});

it('files at the same place of two rooms are fetched beside each other', async () => {
  const { files, blobs, received, state, content } = await device();
  const [one, two] = [await storedFile(utf8('one')), await storedFile(utf8('two'))];
  expect(one.file.row).toBe(two.file.row);
  blobs.set(one.file.blob, [...one.parts.slice(0, 1), null]);
  blobs.set(two.file.blob, two.parts);
  await files.receive(one.file);
  await files.receive(two.file);
  await expect.poll(() => received.map(({ room }) => room)).toEqual([two.file.room]);
  expect(await content(two.file)).toEqual(utf8('two'));
  await expect.poll(state).toEqual(['waiting']);
  expect(files.transfers()).toMatchObject([{ id: transferId(one.file.room, one.file.row), room: one.file.room }]);
  await files.cancel(transferId(two.file.room, two.file.row));
  expect(state()).toEqual(['waiting']);
  await files.cancel(transferId(one.file.room, one.file.row));
  expect(state()).toEqual([]);
  expect(files.isHere(two.file)).toBe(true);
});
