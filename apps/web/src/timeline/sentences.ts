import type { SecurityRow, UnreadableReason } from '@undertone/client/view';
import type { NoticePart } from './items.ts';

/** `Ada`, `Ada and Bob`, `Ada, Bob and 3 others`. */
export function listNames(names: readonly string[], shown = 3): string {
  const [first = '', second = ''] = names;
  if (names.length <= 1) return first;
  if (names.length === 2) return `${first} and ${second}`;
  if (names.length <= shown) return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  const head = names.slice(0, shown - 1);
  return `${head.join(', ')} and ${names.length - head.length} others`;
}

const noticeVerbs: Record<NoticePart['event'], (many: boolean) => string> = {
  joined: () => 'joined',
  left: () => 'left',
  came_and_went: () => 'joined and left again',
  account_removed: (many) => (many ? 'closed their accounts' : 'closed their account'),
  started_anew: (many) =>
    many
      ? 'started anew on other browsers and have new identities'
      : 'started anew on another browser and has a new identity',
};

export function noticeSentence(event: NoticePart['event'], names: readonly string[]): string {
  return `${listNames(names)} ${noticeVerbs[event](names.length > 1)}`;
}

/** Why one or `count` messages cannot be read. `name` is the sender's. */
export function unreadableSentence(reason: UnreadableReason, name: string, count: number): string {
  const several = count > 1;
  switch (reason) {
    case 'before_this_browser':
      return several
        ? `${count} messages were sent before this browser had keys. They stay sealed to it.`
        : `A message from ${name} was sent before this browser had keys. It stays sealed to it.`;
    case 'waiting_for_history':
      return several
        ? `${count} earlier messages appear here as soon as a member who can read them is online.`
        : `An earlier message from ${name} appears here as soon as a member who can read it is online.`;
    case 'forged':
      return `A message that claims to be from ${name} is not signed by a device of theirs. It is not shown.`;
    case 'undecryptable':
      return `A message from ${name} could not be decrypted: it was not sealed with this room’s keys. Ask them to send it again.`;
    case 'newer_version':
      return `${name} sent something that needs a newer version of Undertone. Reload the page to update.`;
    case 'erased':
      return `The server no longer has a message from ${name}, and this browser never received it.`;
    default:
      return reason satisfies never;
  }
}

export const securitySentence: Record<SecurityRow['event'], string> = {
  keys_refused:
    'A change of this room’s keys did not match what was announced and was refused. This browser entered again with fresh keys.',
  rejoined:
    'This browser had lost track of the room’s keys and entered again. Messages sent meanwhile may be unreadable.',
  repaired: 'The room’s keys were beyond repair and were made anew. Everyone enters again by themselves.',
};

/** `Ada is typing …` */
export function typingSentence(names: readonly string[]): string {
  if (names.length === 0) return '';
  return `${listNames(names)} ${names.length === 1 ? 'is' : 'are'} typing …`;
}
