import { sha256 } from '../src/crypto/sha256.ts';

/** How often each primitive was computed. Hashing counts as calls of the compression function, of 64 bytes each. */
export interface PrimitiveCounts {
  x25519: number;
  ed25519Sign: number;
  ed25519Verify: number;
  aesGcm: number;
  sha256Blocks: number;
  /** Not a primitive, but a call to WebCrypto that goes with them: keys imported and exported. */
  keyHandling: number;
}

const blockBytes = 64;
const hashBytes = 32;
/** The padding takes a bit and eight bytes at least (FIPS 180-4 §5.1.1). */
const blocksOf = (bytes: number) => Math.ceil((bytes + 9) / blockBytes);
/** Two keyed pads, and the hash of the inner hash. */
const macBlocks = (bytes: number) => 1 + blocksOf(blockBytes + bytes) + blocksOf(hashBytes);

function zero(): PrimitiveCounts {
  return { x25519: 0, ed25519Sign: 0, ed25519Verify: 0, aesGcm: 0, sha256Blocks: 0, keyHandling: 0 };
}

type Replaceable = Record<string, (...args: never[]) => unknown>;

function nameOf(algorithm: unknown): string {
  return typeof algorithm === 'string' ? algorithm : ((algorithm as { name?: string } | undefined)?.name ?? '');
}

/** Counts what our own engine computes while `run` runs. Everything else in this realm must rest meanwhile. */
export async function countPrimitives(run: () => Promise<unknown>): Promise<PrimitiveCounts> {
  const counts = zero();
  const restore: (() => void)[] = [];
  function watch(target: object, method: string, count: (args: unknown[]) => void): void {
    const replaceable = target as Replaceable;
    const original = replaceable[method] as (...args: unknown[]) => unknown;
    const own = Object.hasOwn(target, method);
    replaceable[method] = (...args: unknown[]) => {
      count(args);
      return original.apply(target, args);
    };
    restore.push(() => {
      if (own) replaceable[method] = original as never;
      else delete replaceable[method];
    });
  }
  watch(crypto.subtle, 'deriveBits', () => counts.x25519++);
  watch(crypto.subtle, 'generateKey', ([algorithm]) => {
    if (nameOf(algorithm) === 'X25519') counts.x25519++;
  });
  watch(crypto.subtle, 'sign', () => counts.ed25519Sign++);
  watch(crypto.subtle, 'verify', () => counts.ed25519Verify++);
  watch(crypto.subtle, 'encrypt', () => counts.aesGcm++);
  watch(crypto.subtle, 'decrypt', () => counts.aesGcm++);
  watch(crypto.subtle, 'importKey', () => counts.keyHandling++);
  watch(crypto.subtle, 'exportKey', ([format]) => {
    counts.keyHandling++;
    // The public half of a private key: a multiplication of the base point.
    if (format === 'jwk') counts.x25519++;
  });
  const length = (value: unknown) => (value as Uint8Array).length;
  watch(sha256, 'digest', ([data]) => {
    counts.sha256Blocks += blocksOf(length(data));
  });
  watch(sha256, 'mac', ([, data]) => {
    counts.sha256Blocks += macBlocks(length(data));
  });
  watch(sha256, 'extract', ([, keyMaterial]) => {
    counts.sha256Blocks += macBlocks(length(keyMaterial));
  });
  watch(sha256, 'expand', ([, info, bytes]) => {
    const rounds = Math.ceil((bytes as number) / hashBytes);
    counts.sha256Blocks += macBlocks(length(info) + 1) + (rounds - 1) * macBlocks(hashBytes + length(info) + 1);
  });
  try {
    await run();
  } finally {
    for (const undo of restore) undo();
  }
  return counts;
}
