import { BlobId } from '@undertone/protocol';
import { expect, it } from 'vitest';
import { randomBytes } from '../bytes.ts';
import { OfflineError } from '../rest/rest-client.ts';
import {
  contentRange,
  encodeHeader,
  encodingOf,
  fileRecordBytes,
  headerBytes,
  layoutOf,
  sealRecord,
} from './content-encoding.ts';
import { fetchInto } from './fetching.ts';

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

it('F4 when the way is cut, what was verified is written first, and nothing is written or told afterwards', async () => {
  const key = randomBytes(32);
  const encoding = await encodingOf(key, randomBytes(16), fileRecordBytes);
  const content = new Uint8Array(3 * fileRecordBytes);
  const layout = layoutOf(content.length);
  const header = encodeHeader(encoding);
  const { start, end } = contentRange(layout, 0);
  const first = await sealRecord(encoding, layout, 0, content.slice(start, end));
  const pieces = [header, first];
  const server = {
    endpoint: '',
    headers: () => ({}),
    remove: async () => {},
    get: async () =>
      new ReadableStream<Uint8Array<ArrayBuffer>>({
        pull: (stream) => {
          const piece = pieces.shift();
          if (piece === undefined) stream.error(new TypeError('cut'));
          else stream.enqueue(piece);
        },
      }),
  };
  const seen: string[] = [];
  const handle = {
    size: 0,
    read: async () => header,
    write: async (at: number) => {
      for (let i = 0; i < 10; i++) await tick();
      seen.push(`written at ${at}`);
    },
    close: async () => {},
  };
  const blob = BlobId.parse(crypto.randomUUID());
  const told = (bytes: number) => seen.push(`told of ${bytes}`);
  await expect(
    fetchInto(server, handle, { blob, key, digest: randomBytes(32), layout }, told, new AbortController().signal),
  ).rejects.toBeInstanceOf(OfflineError);
  seen.push('ended');
  for (let i = 0; i < 20; i++) await tick();
  expect(seen).toEqual(['written at 0', `written at ${headerBytes}`, `told of ${layout.capacity}`, 'ended']);
});
