import { CodecError, CryptoVerificationError } from 'ts-mls/mlsError.js';

/**
 * Why an operation failed. Callers branch on this, never on a message.
 *
 * - `malformed`: not the canonical encoding of what was expected, or larger than we accept.
 * - `unexpected_content`: well-formed, but of a kind that has no place here (a standalone proposal, a private commit …).
 * - `wrong_group`, `wrong_epoch`: for another group, or for an epoch that this state is not in.
 * - `own_message`: sent by this very leaf; a sender adopts its pending state and remembers its plaintext instead.
 * - `replayed`: this message's key was used already, and is gone.
 * - `undecryptable`: the message does not open with the keys of this epoch.
 * - `invalid_signature`: a signature, membership tag, confirmation tag or parent hash does not verify.
 * - `unauthenticated_member`: the authentication service does not vouch for a leaf, or its credential is not basic.
 * - `authentication_unavailable`: the authentication service failed; the same call may succeed later.
 * - `invalid_commit`, `invalid_key_package`, `invalid_welcome`, `invalid_group_info`: breaks a rule of RFC 9420 or ours.
 * - `expired_key_package`: outside its lifetime.
 * - `not_addressed`: a Welcome without an entry for the given key package.
 * - `already_member`: the identity has a leaf in the group.
 * - `removed`: this state was removed from the group and can do nothing more.
 * - `misuse`: a wrong argument, or a state of another engine.
 * - `internal`: none of the above; a defect.
 */
export type MlsErrorCode =
  | 'malformed'
  | 'unexpected_content'
  | 'wrong_group'
  | 'wrong_epoch'
  | 'own_message'
  | 'replayed'
  | 'undecryptable'
  | 'invalid_signature'
  | 'unauthenticated_member'
  | 'authentication_unavailable'
  | 'invalid_commit'
  | 'invalid_key_package'
  | 'invalid_welcome'
  | 'invalid_group_info'
  | 'expired_key_package'
  | 'not_addressed'
  | 'already_member'
  | 'removed'
  | 'misuse'
  | 'internal';

/** The only error this package throws. */
export class MlsError extends Error {
  readonly code: MlsErrorCode;

  constructor(code: MlsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MlsError';
    this.code = code;
  }
}

/** Converts whatever was thrown inside an operation; `fallback` says what a failure of unknown kind means there. */
export function toMlsError(cause: unknown, fallback: MlsErrorCode): MlsError {
  if (cause instanceof MlsError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  if (cause instanceof CodecError) return new MlsError('malformed', message, { cause });
  if (cause instanceof CryptoVerificationError) return new MlsError('invalid_signature', message, { cause });
  return new MlsError(fallback, message, { cause });
}

/** Runs one public operation so that nothing but {@link MlsError} leaves it. */
export async function guarded<T>(fallback: MlsErrorCode, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    throw toMlsError(cause, fallback);
  }
}
