import { CoreError } from '../view/core.ts';
import type { Files } from './file-port.ts';

const refuse = async (): Promise<never> => {
  throw new CoreError({
    code: 'storage',
    message: 'This browser offers no storage for files here (a private window may be the reason).',
  });
};

/** Files where the platform has nowhere to keep them: everything else works. */
export const noFiles: Files = {
  send: refuse,
  receive: refuse,
  open: refuse,
  isHere: () => false,
  cancel: async () => {},
  resume: refuse,
  transfers: () => [],
  usage: async () => ({ server: null, here: { usedBytes: 0, quotaBytes: 0 } }),
  connected: () => {},
  remove: async () => {},
  removeRoom: async () => {},
  close: async () => {},
};
