/** Why a key log proves nothing. Each names the rule that it breaks (SPEC K1 to K12). */
export type KeyLogErrorCode =
  /** Not the format: bytes that cannot be read, are not canonical, or have a wrong size. */
  | 'malformed'
  | 'too_long'
  | 'wrong_account'
  | 'wrong_root'
  /** `index` or `previous` does not follow the entry before. */
  | 'broken_chain'
  | 'time_falls'
  /** Neither an active device nor the present recovery key, or not allowed to sign this kind. */
  | 'wrong_signer'
  | 'bad_signature'
  /** A named key did not sign that it belongs to this log. */
  | 'bad_proof'
  | 'device_taken'
  | 'key_taken'
  | 'unknown_device'
  | 'too_many_devices'
  | 'no_device_left'
  | 'no_recovery'
  /** A device may not replace or remove the recovery key yet (K2). */
  | 'recovery_held'
  | 'recovery_lost_already'
  | 'wraps_refused'
  /** Not the generation after the last. */
  | 'wrong_generation';

/** A key log that does not prove what it should. Nothing of it may be used. */
export class KeyLogError extends Error {
  readonly code: KeyLogErrorCode;

  constructor(code: KeyLogErrorCode, options?: ErrorOptions) {
    super(`key log: ${code}`, options);
    this.name = 'KeyLogError';
    this.code = code;
  }
}
