import { copyBytes } from './bytes.ts';
import { decodeMessage } from './codec.ts';
import { toMlsError } from './errors.ts';

/** The key packages (by reference, RFC 9420 §5.2) that a Welcome is for, so that its receiver can find the private half. */
export function welcomeReferences(welcome: Uint8Array): Uint8Array[] {
  try {
    return decodeMessage(welcome, 'mls_welcome').welcome.secrets.map(({ newMember }) => copyBytes(newMember));
  } catch (cause) {
    throw toMlsError(cause, 'malformed');
  }
}
