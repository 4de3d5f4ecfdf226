import type { CoreCalls, CoreEvent, CoreFailure } from '@undertone/client/view';

/** All tabs of a profile and the core talk on this one channel, the core's own tab too: there is one path to get right. */
export const channelName = 'undertone-core';
/** Held for life by the worker that is the core; the next in line takes over when it ends. */
export const coreLockName = 'undertone-core';

export type CoreMethod = keyof CoreCalls;

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
