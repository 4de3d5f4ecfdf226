import { argon2id } from '@noble/hashes/argon2.js';
import type { KdfParams } from './backend.ts';

/**
 * The key that a passphrase gives: 32 bytes of argon2id (RFC 9106). It blocks its thread for about a second and needs the memory
 * that the parameters name, so a browser runs it in a worker of its own. The passphrase counts in Unicode's NFKC form, so that it
 * is the same from every keyboard.
 */
export function passphraseKey(passphrase: string, params: KdfParams): Uint8Array<ArrayBuffer> {
  const { memoryKib, passes, lanes, salt } = params;
  const bytes = new TextEncoder().encode(passphrase.normalize('NFKC'));
  try {
    return argon2id(bytes, salt, { m: memoryKib, t: passes, p: lanes, dkLen: 32 }) as Uint8Array<ArrayBuffer>;
  } finally {
    bytes.fill(0);
  }
}
