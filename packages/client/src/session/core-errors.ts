import { ProtocolError } from '@undertone/protocol';
import { VaultError } from '@undertone/vault';
import { OfflineError } from '../rest/rest-client.ts';
import { CoreError } from '../view/core.ts';

/** Turn whatever failed into what a view can show. The only place where unknown errors are converted. */
export function toCoreError(error: unknown): CoreError {
  if (error instanceof CoreError) return error;
  if (error instanceof OfflineError)
    return new CoreError({ code: 'offline', message: error.message }, { cause: error });
  if (error instanceof VaultError) {
    const isLock = error.code === 'locked' || error.code === 'wrong_passphrase';
    return new CoreError({ code: isLock ? error.code : 'storage', message: error.message }, { cause: error });
  }
  const known = error instanceof ProtocolError ? error : new ProtocolError('internal', {}, { cause: error });
  return new CoreError({ code: known.code, message: known.message }, { cause: error });
}
