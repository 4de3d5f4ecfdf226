import { copyBytes } from '../codec/bytes.ts';
import { guardedSync, MlsError } from '../errors.ts';
import { decodeMlsMessage } from '../messages/mls-message.ts';
import { wireFormats } from '../messages/numbers.ts';

/** The key packages (by reference, RFC 9420 §5.2) that a Welcome is for, so that its receiver can find the private half. */
export function welcomeReferences(welcome: Uint8Array): Uint8Array[] {
  return guardedSync(() => {
    const message = decodeMlsMessage(welcome);
    if (message.wireFormat !== wireFormats.welcome) throw new MlsError('unexpected_content', 'not a Welcome');
    return message.welcome.secrets.map(({ newMember }) => copyBytes(newMember));
  });
}
