import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type Bytes, concatBytes, copyBytes } from '../../src/codec/bytes.ts';
import { encode } from '../../src/codec/writer.ts';
import { type GroupContext, writeGroupContext } from '../../src/messages/group-context.ts';
import { mls10 } from '../../src/messages/numbers.ts';

/** What is common to the vectors of everything that has a cipher suite. */
export interface SuiteVector {
  readonly cipher_suite: number;
}

/** The cases of a file in `test-data`, each with its number, as `it.each` wants them. Names that end in `.gz` are compressed. */
export function loadVectors<T>(file: string): [number, T][] {
  const stored = readFileSync(new URL(`../../test-data/${file}`, import.meta.url));
  const text = (file.endsWith('.gz') ? gunzipSync(stored) : stored).toString('utf8');
  return (JSON.parse(text) as T[]).map((vector, index) => [index, vector]);
}

export function fromHex(hex: string): Bytes {
  return copyBytes(Buffer.from(hex, 'hex'));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** What stands in front of an Ed25519 seed in PKCS #8 (RFC 8410 §7). */
const pkcs8Prefix = fromHex('302e020100300506032b657004220420');

/** The vectors have signature keys as seeds; WebCrypto does not take those. */
export function importSeed(seed: string): Promise<CryptoKey> {
  return crypto.subtle.importKey('pkcs8', concatBytes(pkcs8Prefix, fromHex(seed)), 'Ed25519', true, ['sign']);
}

export async function publicKeyOfSeed(seed: string): Promise<string> {
  const { x } = await crypto.subtle.exportKey('jwk', await importSeed(seed));
  return toHex(Buffer.from(x as string, 'base64url'));
}

/** A group context without extensions, as most vectors have it. */
export function plainContext(
  vector: SuiteVector & {
    readonly group_id: string;
    readonly tree_hash: string;
    readonly confirmed_transcript_hash: string;
  },
  epoch: number,
): { context: GroupContext; contextBytes: Bytes } {
  const context: GroupContext = {
    version: mls10,
    cipherSuite: vector.cipher_suite,
    groupId: fromHex(vector.group_id),
    epoch: BigInt(epoch),
    treeHash: fromHex(vector.tree_hash),
    confirmedTranscriptHash: fromHex(vector.confirmed_transcript_hash),
    extensions: [],
  };
  return { context, contextBytes: encode(context, writeGroupContext) };
}
