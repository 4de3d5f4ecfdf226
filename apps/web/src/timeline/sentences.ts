import type { SecurityRow, UnreadableReason } from '@undertone/client/view';
import type { TimestampMs } from '@undertone/protocol';
import type { MemberPart, NoticePart } from './items.ts';
import { dayLabel, shortTime } from './times.ts';

/** `Ada`, `Ada and Bob`, `Ada, Bob and 3 others`. */
export function listNames(names: readonly string[], shown = 3): string {
  const [first = '', second = ''] = names;
  if (names.length <= 1) return first;
  if (names.length === 2) return `${first} and ${second}`;
  if (names.length <= shown) return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  const head = names.slice(0, shown - 1);
  return `${head.join(', ')} and ${names.length - head.length} others`;
}

const noticeVerbs: Record<Exclude<NoticePart['event'], 'started_anew'>, (many: boolean) => string> = {
  joined: () => 'joined',
  left: () => 'left',
  came_and_went: () => 'joined and left again',
  account_removed: (many) => (many ? 'closed their accounts' : 'closed their account'),
};

export function noticeSentence(event: NoticePart['event'], names: readonly string[]): string {
  if (event === 'started_anew')
    return names.length === 1 ? `${names[0]}’s safety number changed` : `Safety numbers changed: ${listNames(names)}`;
  return `${listNames(names)} ${noticeVerbs[event](names.length > 1)}`;
}

/** What became of `names`, all of them; `by` is the member who did it, where one did. `You` is oneself. */
export function memberSentence(event: MemberPart['event'], names: readonly string[], by: string | null): string {
  const all = listNames(names);
  const objects = listNames(names.map((name) => (name === 'You' ? 'you' : name)));
  switch (event) {
    case 'added':
      return by === null ? `${all} ${were(names)} added` : `${by} added ${objects}`;
    case 'removed':
      return by === null ? `${all} ${were(names)} removed` : `${by} removed ${objects}`;
    case 'entered':
      return `${all} came in without being added`;
    case 'left':
      return `${all} left`;
    default:
      return event satisfies never;
  }
}

const were = (names: readonly string[]): string => (names.length > 1 || names[0] === 'You' ? 'were' : 'was');

/** Why one or `count` messages cannot be read. `name` is the sender's. */
export function unreadableSentence(reason: UnreadableReason, name: string, count: number): string {
  const several = count > 1;
  switch (reason) {
    case 'before_this_browser':
      return several
        ? `${count} earlier messages can’t be read on this browser.`
        : `An earlier message from ${name} can’t be read on this browser.`;
    case 'waiting_for_history':
      return several
        ? `${count} earlier messages will appear when a member who can read them is online.`
        : `An earlier message from ${name} will appear when a member who can read it is online.`;
    case 'forged':
      return `A message under ${name}’s name wasn’t sent from one of their devices. It is hidden.`;
    case 'undecryptable':
      return `A message from ${name} couldn’t be decrypted. Ask them to send it again.`;
    case 'newer_version':
      return `${name} sent something that needs a newer version of Undertone. Reload the page to update.`;
    case 'erased':
      return `A message from ${name} is no longer on the server, and this browser never received it.`;
    case 'not_kept':
      return several
        ? 'Messages here arrived while you were away and are no longer kept on the server.'
        : `A message from ${name} arrived while you were away and is no longer kept on the server.`;
    case 'other_branch':
      return `A message from ${name} was encrypted with other keys than yours. The server may be showing the two of you different chats.`;
    default:
      return reason satisfies never;
  }
}

/** `name` is that of the row's account, where it has one. */
export function securitySentence(
  { event, from, to }: Pick<SecurityRow, 'event' | 'from' | 'to'>,
  name: string | undefined,
  now: TimestampMs,
): string {
  switch (event) {
    case 'keys_refused':
      return name === undefined
        ? 'A change to the keys here wasn’t valid and was refused.'
        : `${name} tried to change the keys here in a way that isn’t valid. It was refused.`;
    case 'rejoined':
      return 'This browser lost the keys here and got new ones. Messages sent meanwhile may be unreadable.';
    case 'gap':
      return 'The server says you left this chat and came back, so messages before this are missing. If you never left, it may be hiding them.';
    case 'repaired':
      return 'The keys here were reset. Everyone rejoins automatically.';
    case 'restored':
      return 'This browser’s storage was set back to an older state, so it rejoined with new keys. Messages sent meanwhile may be unreadable.';
    case 'different_log':
      return differenceSentence(name ?? 'Someone', { from: from ?? now, to: to ?? now }, now);
    case 'last_resort':
      return `${name ?? 'Someone'} was added with a reserve key. Messages to them are less protected until they are back.`;
    default:
      return event satisfies never;
  }
}

/** `between 14:02 and 14:20`, with the day where it is not today. */
export function spanWords(from: TimestampMs, to: TimestampMs, now: TimestampMs): string {
  const [start, end] = [from, to].map((at) => pointWords(at, now));
  return start === end ? `around ${start}` : `between ${start} and ${end}`;
}

function pointWords(at: TimestampMs, now: TimestampMs): string {
  const day = dayLabel(at, now);
  return day === dayLabel(now, now) ? shortTime(at) : `${shortTime(at)} (${day})`;
}

export function differenceSentence(
  name: string,
  { from, to }: { readonly from: TimestampMs; readonly to: TimestampMs },
  now: TimestampMs,
): string {
  return `${name}’s device and yours received different messages ${spanWords(from, to, now)}. The server may be at fault.`;
}

/** `Ada is typing …` */
export function typingSentence(names: readonly string[]): string {
  if (names.length === 0) return '';
  return `${listNames(names)} ${names.length === 1 ? 'is' : 'are'} typing …`;
}
