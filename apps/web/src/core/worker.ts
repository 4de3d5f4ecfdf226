// First, before any schema is made.
import '../app/zod-without-eval.ts';

import { ClientCore, CoreError, RestClient, type SocketLike } from '@undertone/client';
import { createVerifierPool } from '@undertone/mls';
import { trustedScriptUrl } from '../app/trusted-script.ts';
import { type ChannelMessage, channelName, coreLockName, coreMethods } from './channel.ts';
import { IndexedDbVaults } from './indexeddb-vaults.ts';
import { KeyHandover } from './key-handover.ts';
import { OpfsFileStore } from './opfs-file-store.ts';
import verifierUrl from './verifier.ts?worker&url';

function createSocket(): SocketLike {
  const url = new URL('/api/socket', self.location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return new WebSocket(url) as SocketLike;
}

/** One beside the core is where most of the gain is; phones with more cores have them busy elsewhere. */
const verifierWorkers = 1;

const verifySignatures = createVerifierPool(() =>
  Array.from(
    { length: verifierWorkers },
    () => new Worker(trustedScriptUrl(verifierUrl), { type: 'module', name: 'undertone-verifier' }),
  ),
);

function serve(core: ClientCore): void {
  const channel = new BroadcastChannel(channelName);
  const post = (message: ChannelMessage) => channel.postMessage(message);
  const answer = async ({ id, method, args }: Extract<ChannelMessage, { kind: 'call' }>) => {
    try {
      const call = core[method] as (...args: unknown[]) => Promise<unknown>;
      post({ kind: 'result', id, value: await call.apply(core, [...args]) });
    } catch (error) {
      const failure =
        error instanceof CoreError
          ? { code: error.code, message: error.message }
          : { code: 'internal' as const, message: 'Something went wrong in this app. Reload the page.' };
      post({ kind: 'failure', id, failure });
    }
  };
  channel.onmessage = ({ data }: MessageEvent<ChannelMessage>) => {
    if (data.kind === 'call' && coreMethods.includes(data.method)) void answer(data);
  };
  core.subscribe((event) => post({ kind: 'event', event }));
  self.addEventListener('online', () => void core.reconnect().catch(() => {}));
  post({ kind: 'core_started' });
}

// Before this worker is the core, so that it has what is unlocked by then.
const handover = new KeyHandover();

// Every tab has such a worker; the lock makes one of them the core. It is never given back: the promise does not end.
void navigator.locks.request(coreLockName, async () => {
  const core = new ClientCore({
    rest: new RestClient(),
    vaults: new IndexedDbVaults(handover),
    createSocket,
    verifySignatures,
    openFileStore: (account) => OpfsFileStore.open(account),
  });
  serve(core);
  await core.sessionChanged().catch(() => {});
  await new Promise<never>(() => {});
});
