import { encodeFrame, type LogEntry, type RoomId, type Seq } from '@undertone/protocol';

/** Entries that stand one after the other in a room's log, as sockets get them: encoded once, by the process that wrote or read them. */
export interface EncodedEntries {
  readonly first: Seq;
  readonly last: Seq;
  /** Nothing but messages and links: rosters and epochs are after them what they were before. */
  readonly plain: boolean;
  /** The `entries` frame (SPEC L2). */
  readonly frame: Uint8Array;
}

/** `entries` is not empty. */
export function encodeEntries(room: RoomId, entries: readonly LogEntry[]): EncodedEntries {
  return {
    first: entries[0]?.seq ?? (0 as Seq),
    last: entries.at(-1)?.seq ?? (0 as Seq),
    plain: entries.every(({ kind }) => kind === 'message' || kind === 'link'),
    frame: encodeFrame({ type: 'entries', room, entries: [...entries] }),
  };
}
