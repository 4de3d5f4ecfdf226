import type { RoomView } from '@undertone/client/view';
import { limits } from '@undertone/protocol';
import { utf8Length } from '../../text/message-text.ts';

/** Why nothing can be sent to `room` now, in a sentence; undefined when it can. */
export function blockedReason(
  room: RoomView,
  nameOf: (account: RoomView['members'][number]) => string,
): string | undefined {
  const [changed] = room.changedIdentities;
  if (room.kind === 'thread' && changed !== undefined)
    return `${nameOf(changed)} has a new identity: choose above how to go on.`;
  if (room.state === 'gone')
    return 'The server no longer has you in here, so nothing can be sent. What was said stays on this browser until you leave.';
  if (room.state === 'entering')
    return 'The keys of this room are on their way. You can write, and send as soon as they are here.';
  if (room.state === 'repairing') return 'The keys of this room are being mended. You can write, and send in a moment.';
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
