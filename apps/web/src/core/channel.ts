import type { CoreCalls, CoreEvent, CoreFailure } from '@undertone/client/view';

/** All tabs of a profile and the core talk on this one channel, the core's own tab too: there is one path to get right. */
export const channelName = 'undertone-core';
/** Held for life by the worker that is the core; the next in line takes over when it ends. */
export const coreLockName = 'undertone-core';

export type CoreMethod = keyof CoreCalls;

// Named one by one as keys, so that the compiler tells when one is missing.
const methods: Record<CoreMethod, true> = {
  snapshot: true,
  sessionChanged: true,
  startAnew: true,
  signOut: true,
  lockState: true,
  setLock: true,
  setLockIdle: true,
  changeLock: true,
  removeLock: true,
  lockNow: true,
  unlock: true,
  openTimeline: true,
  olderRows: true,
  markRead: true,
  sendText: true,
  retrySend: true,
  discardSend: true,
  saveDraft: true,
  editText: true,
  deleteMessage: true,
  react: true,
  pin: true,
  messages: true,
  typing: true,
  sendFile: true,
  acceptFile: true,
  declineFile: true,
  cancelTransfer: true,
  resumeTransfer: true,
  openFile: true,
  fileUsage: true,
  search: true,
  searchFurther: true,
  setPreferences: true,
  setPresenceVisibility: true,
  presenceVisibility: true,
  active: true,
  watch: true,
  activePeople: true,
  lastSeen: true,
  directory: true,
  createRoom: true,
  joinRoom: true,
  leaveRoom: true,
  startThread: true,
  addToThread: true,
  searchPeople: true,
  loadPeople: true,
  identity: true,
  setVerified: true,
  acceptIdentity: true,
  passDifference: true,
  removeFromThread: true,
  reconnect: true,
};

/** What may be called over the channel; nothing else of the core can be reached. */
export const coreMethods: readonly CoreMethod[] = Object.keys(methods) as CoreMethod[];

export type ChannelMessage =
  | {
      readonly kind: 'call';
      readonly id: string;
      readonly method: CoreMethod;
      readonly args: readonly unknown[];
    }
  | { readonly kind: 'result'; readonly id: string; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: string; readonly failure: CoreFailure }
  | { readonly kind: 'event'; readonly event: CoreEvent }
  /** A core is at work from now on: calls without an answer are to be made again. */
  | { readonly kind: 'core_started' };
