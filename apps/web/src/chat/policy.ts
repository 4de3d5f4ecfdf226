import type { HistoryPolicy } from '@undertone/protocol';

/** A room's history policy in words: for the header, and as a sentence where there is room for it. */
export const policyWords: Record<HistoryPolicy, { readonly short: string; readonly sentence: string }> = {
  shared: {
    short: 'Open room',
    sentence:
      'Anyone on this server can join, including the people who run it, and read earlier messages. Messages are encrypted for the members.',
  },
  sealed: {
    short: 'Private',
    sentence: 'Only people in this chat can read it. Anyone added later won’t see earlier messages.',
  },
};
