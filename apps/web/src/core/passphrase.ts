import { passphraseKey } from '@undertone/vault/passphrase-key';
import type { PassphraseCall } from './passphrase-call.ts';

// One derivation for `derivePassphraseKey`, which ends this worker after it, and with it the memory that the derivation went through.
self.addEventListener('message', ({ data }: MessageEvent<PassphraseCall>) => {
  const key = passphraseKey(data.passphrase, data.params);
  self.postMessage(key, { transfer: [key.buffer] });
});
