import { Decoder } from '@msgpack/msgpack';

/** What frames, entries and boxes nest is five deep at most. */
const maxDepth = 16;

const decoder = new Decoder({ maxExtLength: 0 });

/** Bytes after the type byte of each fixed-size value: nil, booleans, floats, integers. */
const scalarBytes: Readonly<Record<number, number>> = {
  192: 0,
  194: 0,
  195: 0,
  202: 4,
  203: 8,
  204: 1,
  205: 2,
  206: 4,
  207: 8,
  208: 1,
  209: 2,
  210: 4,
  211: 8,
};
/** Size of the length that follows the type byte of strings and bytes, and of arrays and maps. */
const sizedLengthBytes: Readonly<Record<number, number>> = {
  196: 1,
  197: 2,
  198: 4,
  217: 1,
  218: 2,
  219: 4,
};
const listLengthBytes: Readonly<Record<number, number>> = { 220: 2, 221: 4, 222: 2, 223: 4 };

interface Header {
  /** Bytes of header and, where the value is not a list, of its content. */
  readonly bytes: number;
  /** Values that follow as the elements of a list or map. */
  readonly elements: number;
}

function uint(view: DataView, at: number, bytes: number): number {
  if (bytes === 1) return view.getUint8(at);
  return bytes === 2 ? view.getUint16(at) : view.getUint32(at);
}

function headerAt(view: DataView, at: number): Header {
  const type = view.getUint8(at);
  if (type <= 0x7f || type >= 0xe0) return { bytes: 1, elements: 0 };
  if (type <= 0x8f) return { bytes: 1, elements: 2 * (type & 0x0f) };
  if (type <= 0x9f) return { bytes: 1, elements: type & 0x0f };
  if (type <= 0xbf) return { bytes: 1 + (type & 0x1f), elements: 0 };
  const scalar = scalarBytes[type];
  if (scalar !== undefined) return { bytes: 1 + scalar, elements: 0 };
  const sized = sizedLengthBytes[type];
  if (sized !== undefined) return { bytes: 1 + sized + uint(view, at + 1, sized), elements: 0 };
  const list = listLengthBytes[type];
  if (list === undefined) throw new RangeError('an extension type');
  const length = uint(view, at + 1, list);
  return { bytes: 1 + list, elements: type >= 0xde ? 2 * length : length };
}

/**
 * Every list's claimed length must be there as bytes (an element has at least one), and nesting is bounded. The decoder itself
 * allocates what a header claims before it looks for the elements, so that a few kilobytes of nested headers would take gigabytes.
 */
export function assertBounded(data: Uint8Array): void {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const open: number[] = [1];
  let owed = 1;
  let at = 0;
  while (owed > 0) {
    while (open.at(-1) === 0) open.pop();
    const { bytes, elements } = headerAt(view, at);
    at += bytes;
    open.push((open.pop() ?? 0) - 1);
    owed += elements - 1;
    if (owed > data.length - at) throw new RangeError('more is claimed than is there');
    if (elements === 0) continue;
    open.push(elements);
    if (open.length > maxDepth) throw new RangeError('nested too deep');
  }
}

/** Decode msgpack that anybody may have made, in memory and time proportional to its size. Throws on anything malformed. */
export function decodeMsgpack(data: Uint8Array): unknown {
  assertBounded(data);
  return decoder.decode(data);
}
