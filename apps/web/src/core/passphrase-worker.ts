import type { KdfParams } from '@undertone/vault';
import { trustedScriptUrl } from '../app/trusted-script.ts';
import workerUrl from './passphrase.ts?worker&url';
import type { PassphraseCall } from './passphrase-call.ts';

/** Derive the key of a passphrase in a worker of its own, so that neither the page nor the core stands still meanwhile. */
export async function derivePassphraseKey(passphrase: string, params: KdfParams): Promise<Uint8Array<ArrayBuffer>> {
  const worker = new Worker(trustedScriptUrl(workerUrl), { type: 'module', name: 'undertone-passphrase' });
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<Uint8Array<ArrayBuffer>>) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new DOMException('The passphrase could not be worked on.', 'OperationError'));
      };
      const call: PassphraseCall = { passphrase, params };
      worker.postMessage(call);
    });
  } finally {
    worker.terminate();
  }
}
