import { ascii, type Bytes, joined, MalformedPicture, slice } from './bytes.ts';

const extension = 0x21;
const imageDescriptor = 0x2c;
const trailer = 0x3b;
const graphicControl = 0xf9;
const plainText = 0x01;
const application = 0xff;
/** Applications that only say how often the animation is repeated. */
const loops: ReadonlySet<string> = new Set(['NETSCAPE2.0', 'ANIMEXTS1.0']);

/** Bytes of a colour table, from the flags that announce it (GIF89a §18, §20). */
const tableBytes = (flags: number): number => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);

/** Where the chain of sub-blocks at `at` ends (GIF89a §15). */
function endOfBlocks(bytes: Bytes, at: number): number {
  for (let next = at; ; ) {
    const length = bytes[next];
    if (length === undefined) throw new MalformedPicture('The file ends too early.');
    next += 1 + length;
    if (length === 0) return next;
  }
}

/**
 * A GIF without comments and application data, its frames untouched. What comes after its end is left out.
 * @throws MalformedPicture
 */
export function strippedGif(bytes: Bytes): Bytes {
  if (!/^GIF8[79]a$/.test(ascii(bytes, 0, 6))) throw new MalformedPicture('This is no GIF.');
  const start = 13 + tableBytes(bytes[10] ?? 0);
  const kept: Bytes[] = [slice(bytes, 0, start)];
  for (let at = start; ; ) {
    const introducer = bytes[at];
    if (introducer === trailer) return joined([...kept, new Uint8Array([trailer])]);
    if (introducer === imageDescriptor) {
      const data = at + 10 + tableBytes(bytes[at + 9] ?? 0) + 1;
      const end = endOfBlocks(bytes, data);
      kept.push(slice(bytes, at, end));
      at = end;
    } else if (introducer === extension) {
      const label = bytes[at + 1];
      const end = endOfBlocks(bytes, at + 2);
      const looping = label === application && loops.has(ascii(bytes, at + 3, 11));
      if (label === graphicControl || label === plainText || looping) kept.push(slice(bytes, at, end));
      at = end;
    } else throw new MalformedPicture('A block of an unknown kind.');
  }
}
