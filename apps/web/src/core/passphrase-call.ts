import type { KdfParams } from '@undertone/vault';

/** What the worker that derives a passphrase's key is asked; it answers with the key. */
export interface PassphraseCall {
  readonly passphrase: string;
  readonly params: KdfParams;
}
