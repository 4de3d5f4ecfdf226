import { type Bytes, concatBytes } from '../../src/codec/bytes.ts';
import { Reader } from '../../src/codec/reader.ts';
import { Writer } from '../../src/codec/writer.ts';
import { below, oneOf, type Random } from './random.ts';

/** A variable-size vector of an encoding, and those inside it. */
interface Vector {
  readonly start: number;
  readonly bodyStart: number;
  readonly end: number;
  readonly inner: Vector[];
}

/** Where a decoder found vectors: every length it reads is noted. */
export function vectorsOf(bytes: Bytes, read: (reader: Reader) => unknown): Vector[] {
  const found: Vector[] = [];
  class Noting extends Reader {
    override length(): number {
      const start = this.position;
      const length = super.length();
      found.push({ start, bodyStart: this.position, end: this.position + length, inner: [] });
      return length;
    }
  }
  read(new Noting(bytes));
  const outermost: Vector[] = [];
  const open: Vector[] = [];
  for (const vector of found.sort((a, b) => a.start - b.start)) {
    while (open.length > 0 && vector.start >= (open.at(-1) as Vector).end) open.pop();
    (open.at(-1)?.inner ?? outermost).push(vector);
    open.push(vector);
  }
  return outermost;
}

const opaque = (bytes: Uint8Array): Bytes => new Writer(bytes.length + 4).opaque(bytes).finish();

/** The encoding with one vector's body replaced; all lengths around it are right again. */
function replaced(
  bytes: Bytes,
  vectors: readonly Vector[],
  from: number,
  to: number,
  target: Vector,
  body: Bytes,
): Bytes {
  const parts: Bytes[] = [];
  let at = from;
  for (const vector of vectors) {
    const holds = vector.start <= target.start && target.end <= vector.end;
    if (!holds) continue;
    parts.push(bytes.subarray(at, vector.start));
    const inside = vector === target ? body : replaced(bytes, vector.inner, vector.bodyStart, vector.end, target, body);
    parts.push(opaque(inside));
    at = vector.end;
  }
  parts.push(bytes.subarray(at, to));
  return concatBytes(...parts);
}

function flat(vectors: readonly Vector[]): Vector[] {
  return vectors.flatMap((vector) => [vector, ...flat(vector.inner)]);
}

/** A valid encoding, ready to be spoilt. */
export class Specimen {
  readonly bytes: Bytes;
  readonly #outermost: readonly Vector[];
  readonly #all: readonly Vector[];

  constructor(bytes: Bytes, read: (reader: Reader) => unknown) {
    this.bytes = bytes;
    this.#outermost = vectorsOf(bytes, read);
    this.#all = flat(this.#outermost);
  }

  body(random: Random): Bytes {
    if (this.#all.length === 0) return this.bytes;
    const { bodyStart, end } = oneOf(random, this.#all);
    return this.bytes.subarray(bodyStart, end);
  }

  /** Another body for one of the vectors: empty, cut, doubled, foreign, or noise. */
  withOtherBody(random: Random, foreign: Specimen): Bytes {
    if (this.#all.length === 0) return noise(random, 64);
    const target = oneOf(random, this.#all);
    const own = this.bytes.subarray(target.bodyStart, target.end);
    const cut = below(random, own.length + 1);
    const bodies = [
      () => own.subarray(0, 0),
      () => own.subarray(0, cut),
      () => own.subarray(cut),
      () => concatBytes(own, own),
      () => concatBytes(...Array.from({ length: 1 + below(random, 40) }, () => own.subarray(0, 200))),
      () => foreign.body(random),
      () => foreign.bytes,
      () => noise(random, own.length + 8),
      () => opaque(opaque(opaque(own))),
    ] as const;
    return replaced(this.bytes, this.#outermost, 0, this.bytes.length, target, oneOf(random, bodies)());
  }

  /** A length that promises what does not follow, up to 2^30 - 1. */
  withOtherLength(random: Random): Bytes {
    if (this.#all.length === 0) return this.bytes;
    const { start, bodyStart } = oneOf(random, this.#all);
    const lengths = [
      'bfffffff',
      '80000000',
      '80004000',
      '7fff',
      '4000',
      '4040',
      'c0',
      'ff',
      'ffffffff',
      '3f',
      '00',
      'a0000000',
    ];
    const length = new Uint8Array(Buffer.from(oneOf(random, lengths), 'hex'));
    return concatBytes(this.bytes.subarray(0, start), length, this.bytes.subarray(bodyStart));
  }
}

export function noise(random: Random, maxLength: number): Bytes {
  return Uint8Array.from({ length: below(random, maxLength) }, () => below(random, 256));
}

const telling = [0x00, 0x01, 0x02, 0x03, 0x3f, 0x40, 0x7f, 0x80, 0xbf, 0xc0, 0xff];

/** One case: some mutations of an encoding, of its structure or of its bytes. */
export function spoilt(random: Random, specimens: readonly Specimen[]): Bytes {
  const specimen = oneOf(random, specimens);
  const dice = random();
  if (dice < 0.3) return specimen.withOtherBody(random, oneOf(random, specimens));
  if (dice < 0.45) return specimen.withOtherLength(random);
  if (dice < 0.48) return noise(random, 200);
  const bytes = new Uint8Array(specimen.bytes);
  for (let i = 0; i <= below(random, 4); i++) {
    const at = below(random, bytes.length);
    bytes[at] = random() < 0.5 ? oneOf(random, telling) : below(random, 256);
  }
  return dice < 0.9 ? bytes : bytes.slice(0, below(random, bytes.length + 1));
}
