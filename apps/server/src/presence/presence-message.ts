import type { AccountId } from '@undertone/protocol';
import type { PresenceState } from './presence-store.ts';

type States = readonly (readonly [AccountId, PresenceState])[];

/** What processes tell each other. `change` counts the changes that the sender has told: one that is missing shows. */
export type PresenceMessage =
  | { readonly type: 'changes' | 'all'; readonly change: number; readonly states: States }
  | { readonly type: 'alive'; readonly change: number }
  /** Tell all: everyone, or one process. */
  | { readonly type: 'ask'; readonly of?: string }
  /** The process ends; its people are about to come back elsewhere. */
  | { readonly type: 'bye' };
