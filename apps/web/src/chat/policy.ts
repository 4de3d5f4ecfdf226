import type { HistoryPolicy } from '@undertone/protocol';

/** A room's history policy in words: for the header, and as a sentence where there is room for it. */
export const policyWords: Record<HistoryPolicy, { readonly short: string; readonly sentence: string }> = {
  shared: {
    short: 'Shared history',
    sentence:
      'Whoever joins can read what was said before. It is encrypted for the members; the server cannot read it.',
  },
  sealed: {
    short: 'Sealed',
    sentence:
      'Only those who are in the thread when something is said can read it. Who is added later sees nothing from before.',
  },
};
