import { type CoreCalls, CoreError, type LockState } from '@undertone/client/view';
import type { FakeContext } from './fake-context.ts';

/** The app lock. Until it is changed, its passphrase is `open sesame`. */
export function lockCalls(context: FakeContext) {
  let lock: LockState & { readonly passphrase: string } = {
    on: false,
    idleMinutes: null,
    signingKeyWrapped: true,
    passphrase: 'open sesame',
  };
  const unlock = async (passphrase: string): Promise<void> => {
    await context.work(700);
    if (passphrase !== lock.passphrase) {
      throw new CoreError({ code: 'wrong_passphrase', message: 'That passphrase isn’t right.' });
    }
    context.showPhase('ready');
  };
  return {
    lockState: async () => {
      await context.work(40);
      const { passphrase: _, ...shown } = lock;
      return shown;
    },
    setLock: async ({ passphrase, idleMinutes }) => {
      await context.work(900);
      lock = { ...lock, on: true, passphrase, idleMinutes };
    },
    setLockIdle: async (idleMinutes) => {
      lock = { ...lock, idleMinutes };
    },
    changeLock: async ({ passphrase, next }) => {
      await unlock(passphrase);
      lock = { ...lock, passphrase: next };
    },
    removeLock: async (passphrase) => {
      await unlock(passphrase);
      lock = { ...lock, on: false };
    },
    lockNow: async () => context.showPhase('locked'),
    unlock,
  } satisfies Partial<CoreCalls>;
}
