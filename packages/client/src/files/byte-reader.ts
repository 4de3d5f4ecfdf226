/**
 * Takes stretches of wanted lengths from a stream of bytes. Where the stream can fill memory that it is given (as those of blobs and of
 * fetched bodies do), it does so: a new array for every stretch of a large file is garbage sooner than it is collected.
 */
export class ByteReader {
  readonly #take: (length: number, room: ArrayBuffer) => Promise<Uint8Array<ArrayBuffer>>;
  readonly #cancel: () => Promise<void>;

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    const reader = readerOf(stream);
    this.#cancel = () => reader.cancel();
    this.#take =
      reader instanceof ReadableStreamDefaultReader ? takeByCopy(reader) : (length, room) => fill(reader, length, room);
  }

  /**
   * The next `length` bytes, fewer where the stream ends before them; they lie at the beginning of `room`, which is `length` bytes long or
   * more. It may have moved: what is returned knows its buffer. Rejects as the stream does.
   */
  take(length: number, room: ArrayBuffer): Promise<Uint8Array<ArrayBuffer>> {
    return this.#take(length, room);
  }

  cancel(): void {
    this.#cancel().catch(() => {});
  }
}

function readerOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
  try {
    return stream.getReader({ mode: 'byob' });
  } catch {
    return stream.getReader();
  }
}

async function fill(reader: ReadableStreamBYOBReader, length: number, room: ArrayBuffer) {
  let memory = room;
  let filled = 0;
  while (filled < length) {
    const { value, done } = await reader.read(new Uint8Array(memory, filled, length - filled));
    if (value === undefined) throw new DOMException('cancelled', 'AbortError');
    memory = value.buffer;
    filled += value.length;
    if (done) break;
  }
  return new Uint8Array(memory, 0, filled);
}

function takeByCopy(reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>) {
  let rest = new Uint8Array();
  return async (length: number, room: ArrayBuffer) => {
    const taken = new Uint8Array(room, 0, length);
    let filled = 0;
    while (filled < length) {
      if (rest.length === 0) {
        const { value, done } = await reader.read();
        if (done) break;
        rest = value;
      }
      const part = rest.subarray(0, length - filled);
      taken.set(part, filled);
      filled += part.length;
      rest = rest.subarray(part.length);
    }
    return taken.subarray(0, filled);
  };
}
