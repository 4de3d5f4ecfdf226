import type { DoubtView } from '@undertone/client/view';

interface DoubtWords {
  readonly title: string;
  readonly sentence: string;
  /** What stands before the text box while nothing can be sent. */
  readonly blocked: string;
}

/** What is said of a member whom this person has not accepted in a thread. */
export function doubtWords(reason: DoubtView['reason'], name: string): DoubtWords {
  switch (reason) {
    case 'changed':
      return {
        title: `${name}’s safety number changed`,
        sentence:
          'They set up a new browser, or someone is impersonating them. Compare safety numbers in person or on a call.',
        blocked: `${name}’s safety number changed. Choose above how to go on.`,
      };
    case 'stranger':
      return {
        title: `${name} came in without being added`,
        sentence: 'Nobody you accepted here added them. Ask the others if they know them.',
        blocked: `${name} came in without being added. Choose above how to go on.`,
      };
    case 'missed':
      return {
        title: `You may have missed that ${name} was removed`,
        sentence:
          'This browser was locked out of the chat for a while and can’t check what changed. Ask the others whether they should still be here.',
        blocked: `You may have missed that ${name} was removed. Choose above how to go on.`,
      };
    case 'impostor':
      return {
        title: `Someone else is using ${name}’s name here`,
        sentence:
          'A device in this chat uses that name with keys that don’t belong to it. It can’t be accepted, only removed.',
        blocked: `Someone else is using ${name}’s name here. Remove them above to go on.`,
      };
    case 'forked':
      return {
        title: `The server showed two different versions of ${name}’s keys`,
        sentence: 'One of them may be false. Compare safety numbers in person or on a call.',
        blocked: `The server showed two different versions of ${name}’s keys. Choose above how to go on.`,
      };
    case 'needs_newer':
      return {
        title: `${name} uses a newer version of Undertone`,
        sentence: 'Their keys can’t be checked with this version. Reload the page to update.',
        blocked: `${name} uses a newer version of Undertone. Reload the page to update.`,
      };
    default:
      return reason satisfies never;
  }
}
