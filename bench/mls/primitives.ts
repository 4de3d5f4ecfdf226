import { suite1 } from '@undertone/mls';
import type { PrimitiveCounts } from '@undertone/mls/testing';

/** Microseconds for one of each. */
export type PrimitiveCosts = Record<keyof PrimitiveCounts, number>;

const batch = 256;
const batches = 9;
/** First, so that the code is compiled. */
const warmUps = 3;
/** For JavaScript, which is compiled in the background. */
const warmUpMs = 400;
const sha256Blocks = 1024;
const blockBytes = 64;

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

/** Many at once, as a program would that has nothing else to do: the median of some batches. */
async function cost(run: () => Promise<unknown>): Promise<number> {
  const samples: number[] = [];
  for (let i = 0; i < warmUps + batches; i++) {
    const start = performance.now();
    await Promise.all(Array.from({ length: batch }, run));
    if (i >= warmUps) samples.push(((performance.now() - start) * 1000) / batch);
  }
  return median(samples);
}

/** The compression function within one long message, with the code that our engine hashes with. */
function sha256Cost(): number {
  const data = new Uint8Array(sha256Blocks * blockBytes);
  const warmUntil = performance.now() + warmUpMs;
  while (performance.now() < warmUntil) suite1.hash.digest(data);
  const samples: number[] = [];
  for (let i = 0; i < batches; i++) {
    const start = performance.now();
    suite1.hash.digest(data);
    samples.push(((performance.now() - start) * 1000) / sha256Blocks);
  }
  return median(samples);
}

/** Measures the primitives of cipher suite 1 in this page. Keys are imported beforehand. */
export async function primitiveCosts(): Promise<PrimitiveCosts> {
  const { subtle } = crypto;
  const agreement = (await subtle.generateKey('X25519', false, ['deriveBits'])) as CryptoKeyPair;
  const signing = (await subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
  const data = new Uint8Array(200);
  const signature = await subtle.sign('Ed25519', signing.privateKey, data);
  const aes = await subtle.generateKey({ name: 'AES-GCM', length: 128 }, false, ['encrypt']);
  const publicKey = await subtle.exportKey('raw', signing.publicKey);
  return {
    x25519: await cost(() =>
      subtle.deriveBits({ name: 'X25519', public: agreement.publicKey }, agreement.privateKey, 256),
    ),
    ed25519Sign: await cost(() => subtle.sign('Ed25519', signing.privateKey, data)),
    ed25519Verify: await cost(() => subtle.verify('Ed25519', signing.publicKey, signature, data)),
    aesGcm: await cost(() => subtle.encrypt({ name: 'AES-GCM', iv: new Uint8Array(12) }, aes, data)),
    sha256Blocks: sha256Cost(),
    keyHandling: await cost(() => subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify'])),
  };
}
