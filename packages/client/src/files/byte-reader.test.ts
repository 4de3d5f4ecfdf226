import { expect, it } from 'vitest';
import { ByteReader } from './byte-reader.ts';

const content = Uint8Array.from({ length: 1000 }, (_, i) => i % 251);

/** As a network gives it: in arrays of its own, cut anywhere. */
function pushed(): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start: (stream) => {
      for (let at = 0; at < content.length; at += 77) stream.enqueue(content.slice(at, at + 77));
      stream.close();
    },
  });
}

const streams: [string, () => ReadableStream<Uint8Array<ArrayBuffer>>][] = [
  ['a blob', () => new Blob([content]).stream()],
  ['a stream of arrays', pushed],
];

it.each(streams)('takes what is asked for from %s, and less at the end', async (_name, make) => {
  const reader = new ByteReader(make());
  let room = new ArrayBuffer(512);
  const taken: number[] = [];
  for (const length of [1, 300, 0, 512, 512]) {
    const bytes = await reader.take(length, room);
    expect(bytes.byteOffset).toBe(0);
    expect(bytes.buffer.byteLength).toBe(512);
    taken.push(...bytes);
    room = bytes.buffer;
  }
  expect(taken).toEqual([...content]);
  expect(await reader.take(1, room)).toHaveLength(0);
});

it('fills the memory that it is given where the stream can', async () => {
  const room = new ArrayBuffer(512);
  await new ByteReader(new Blob([content]).stream()).take(512, room);
  expect(room.byteLength).toBe(0);
});

it('fails as the stream does', async () => {
  const broken = new ReadableStream<Uint8Array<ArrayBuffer>>({ pull: (stream) => stream.error(new TypeError('cut')) });
  await expect(new ByteReader(broken).take(5, new ArrayBuffer(5))).rejects.toThrow('cut');
});
