import type { Bytes } from '../codec/bytes.ts';
import type { CipherSuite } from '../crypto/cipher-suite.ts';

/** One signature to check, over `data` as it was signed. */
export interface SignatureCheck {
  readonly publicKey: Bytes;
  readonly data: Bytes;
  readonly signature: Bytes;
}

/** Checks many signatures; true when all verify. May spread them over workers. */
export type SignatureVerifier = (suite: CipherSuite, checks: readonly SignatureCheck[]) => Promise<boolean>;

/** Enough to keep WebCrypto busy, few enough that a bad tree is noticed before all of it was checked. */
const atOnce = 256;

/** Checks here, many at once. */
export const verifyHere: SignatureVerifier = async ({ signature }, checks) => {
  for (let i = 0; i < checks.length; i += atOnce) {
    const part = checks.slice(i, i + atOnce);
    const valid = await Promise.all(
      part.map((check) => signature.verifyOnce(check.publicKey, check.data, check.signature)),
    );
    if (valid.includes(false)) return false;
  }
  return true;
};
