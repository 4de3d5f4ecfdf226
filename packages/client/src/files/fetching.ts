import { type BlobId, equalBytes } from '@undertone/protocol';
import { OfflineError } from '../rest/rest-client.ts';
import { ByteReader } from './byte-reader.ts';
import {
  contentRange,
  damaged,
  decodeHeader,
  type Encoding,
  encodingOf,
  headerBytes,
  type Layout,
  openRecord,
  recordRange,
} from './content-encoding.ts';
import { FileDigest } from './file-digest.ts';
import { storeFailure } from './file-failures.ts';
import type { StoreHandle } from './file-store.ts';
import { release } from './release.ts';
import type { BlobServer } from './uploading.ts';

/** Records that were verified and stored before; what follows the last whole one is fetched again. */
function recordsIn({ size }: StoreHandle, layout: Layout): number {
  if (size >= layout.encodedBytes) return layout.records;
  return Math.max(0, Math.floor((size - headerBytes) / layout.recordBytes));
}

/** What a message says of its stored file. */
interface Promised {
  readonly key: Uint8Array<ArrayBuffer>;
  readonly digest: Uint8Array<ArrayBuffer>;
  readonly layout: Layout;
}

/** Who has the key can seal other content under it; only the digest says that this is the sender's (SPEC F4). */
async function requireDigest(computed: FileDigest, { digest }: Promised): Promise<void> {
  if (!equalBytes(await computed.result(), digest)) throw damaged();
}

/** Hash what is there of an earlier attempt: the header, if there is one, and so many records. */
async function addStored(
  digest: FileDigest,
  handle: StoreHandle,
  layout: Layout,
  records: number,
  signal: AbortSignal,
): Promise<void> {
  if (handle.size < headerBytes) return;
  await digest.header(await handle.read(0, headerBytes));
  const room = new ArrayBuffer(records === 0 ? 0 : layout.recordBytes);
  for (let record = 0; record < records; record++) {
    signal.throwIfAborted();
    const { start, end } = recordRange(layout, record);
    await digest.record(record, await handle.read(start, end, room));
  }
}

async function encodingIn(handle: StoreHandle, key: Uint8Array<ArrayBuffer>): Promise<Encoding> {
  const { salt, recordBytes } = decodeHeader(await handle.read(0, headerBytes));
  return await encodingOf(key, salt, recordBytes);
}

/**
 * Fetch a stored file into the store. Only records that were opened are written (SPEC F4), so what is there of an earlier attempt was
 * opened; `openStored` opens every record again when it is read. Resolves when the one that is marked as the last was opened and all of them
 * together have the promised digest.
 */
export async function fetchInto(
  server: BlobServer,
  handle: StoreHandle,
  file: Promised & { readonly blob: BlobId },
  progress: (contentBytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const { blob, key, layout } = file;
  const write = (at: number, bytes: Uint8Array<ArrayBuffer>) =>
    handle.write(at, bytes).catch((cause) => Promise.reject(storeFailure(cause)));
  const first = recordsIn(handle, layout);
  const digest = new FileDigest(layout);
  await addStored(digest, handle, layout, first, signal);
  if (first === layout.records) return await requireDigest(digest, file);
  const start = handle.size < headerBytes ? 0 : recordRange(layout, first).start;
  const reader = new ByteReader(await server.get(blob, start, signal));
  const take = (length: number, room: ArrayBuffer) =>
    reader.take(length, room).catch((cause) => Promise.reject(new OfflineError({ cause })));
  /** A stream that ends before was cut on its way, or is not as long as was promised. */
  const takeAll = async (length: number, room: ArrayBuffer) => {
    const bytes = await take(length, room);
    if (bytes.length < length) throw damaged();
    return bytes;
  };
  // One record is verified and written while the next one comes in: each has memory of its own, and gives it to the one after the next.
  const rooms = [new ArrayBuffer(layout.recordBytes), new ArrayBuffer(layout.recordBytes)] as [
    ArrayBuffer,
    ArrayBuffer,
  ];
  let last: Promise<unknown> = Promise.resolve();
  try {
    if (start === 0) {
      const header = await takeAll(headerBytes, new ArrayBuffer(headerBytes));
      decodeHeader(header);
      await digest.header(header);
      await write(0, header);
    }
    const encoding = await encodingIn(handle, key);
    for (let record = first; record < layout.records; record++) {
      signal.throwIfAborted();
      const { start: at, end } = recordRange(layout, record);
      const sealed = await takeAll(end - at, rooms[0]);
      await last;
      rooms.splice(0, 2, rooms[1], sealed.buffer);
      const verified = async () => {
        const opened = openRecord(encoding, layout, record, sealed).then(release);
        await Promise.all([opened, digest.record(record, sealed)]);
        await write(at, sealed);
        progress(contentRange(layout, record).end);
      };
      last = verified();
      last.catch(() => {});
    }
    await last;
    if ((await take(1, rooms[0])).length > 0) throw damaged();
    await requireDigest(digest, file);
  } finally {
    reader.cancel();
    // Nothing is written or told after this has ended: the handle is closed then.
    await last.catch(() => {});
  }
}

/**
 * The content of a stored file, record by record. Fails with `file_damaged`, at its end if it is of another digest: nothing of it may be used
 * before.
 */
export async function* openStored(stored: Blob, file: Promised): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { key, layout } = file;
  if (stored.size !== layout.encodedBytes) throw damaged();
  const read = async (start: number, end: number) => new Uint8Array(await stored.slice(start, end).arrayBuffer());
  const digest = new FileDigest(layout);
  const header = await read(0, headerBytes);
  await digest.header(header);
  const { salt, recordBytes } = decodeHeader(header);
  const encoding = await encodingOf(key, salt, recordBytes);
  const opened = async (record: number) => {
    const { start, end } = recordRange(layout, record);
    const sealed = await read(start, end);
    const [content] = await Promise.all([openRecord(encoding, layout, record, sealed), digest.record(record, sealed)]);
    release(sealed);
    return content;
  };
  let next = opened(0);
  for (let record = 0; record < layout.records; record++) {
    const content = await next;
    if (record + 1 < layout.records) {
      next = opened(record + 1);
      next.catch(() => {});
    }
    if (content.length > 0) yield content;
  }
  await requireDigest(digest, file);
}
