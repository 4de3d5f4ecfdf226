import type { RoomView } from '@undertone/client/view';
import { limits } from '@undertone/protocol';
import { utf8Length } from '../../text/message-text.ts';
import { doubtWords } from './doubt-words.ts';

/** Why nothing can be sent to `room` now, in a sentence; undefined when it can. */
export function blockedReason(
  room: RoomView,
  nameOf: (account: RoomView['members'][number]) => string,
): string | undefined {
  const [doubt] = room.doubts;
  const [difference] = room.differences;
  if (room.state === 'gone')
    return 'The server took you out of this chat, so you can’t send here. Earlier messages stay on this browser until you leave.';
  if (room.kind === 'thread' && doubt !== undefined) return doubtWords(doubt.reason, nameOf(doubt.account)).blocked;
  if (room.kind === 'thread' && difference !== undefined)
    return `${nameOf(difference.account)}’s device and yours received different messages. Choose above how to go on.`;
  if (room.state === 'entering') return 'Waiting for this chat’s keys. You can write now and send when they arrive.';
  if (room.state === 'repairing') return 'Restoring this chat’s keys. You can write now and send in a moment.';
  return undefined;
}

export interface Length {
  readonly bytes: number;
  /** `near`: worth telling; `over`: cannot be sent. */
  readonly state: 'fine' | 'near' | 'over';
  readonly sentence: string;
}

const kib = (bytes: number): string => (bytes / 1024).toFixed(1);

/** How much of a message's limit `text` takes. */
export function lengthOf(text: string): Length {
  const most = limits.messageTextMaxBytes;
  // No UTF-16 unit takes more than three bytes: short texts are not encoded at every key.
  if (text.length * 3 < most * 0.8) return { bytes: 0, state: 'fine', sentence: '' };
  const bytes = utf8Length(text);
  if (bytes > most) {
    const over = (bytes - most).toLocaleString();
    return {
      bytes,
      state: 'over',
      sentence: `This message has ${kib(bytes)} KiB; at most ${most / 1024} KiB can be sent. Shorten it by ${over} bytes, or split it.`,
    };
  }
  if (bytes > most * 0.8) return { bytes, state: 'near', sentence: `${kib(bytes)} of ${most / 1024} KiB` };
  return { bytes, state: 'fine', sentence: '' };
}
