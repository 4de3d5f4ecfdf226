import type { RoomId, Seq, TimestampMs } from '@undertone/protocol';
import type { Vault } from '@undertone/vault';
import type { TimelineRow } from '../view/index.ts';

/** A room as far as this browser holds it. */
export interface SearchableRoom {
  readonly id: RoomId;
  /** The oldest entry that is held. */
  readonly firstSeq: Seq;
  /** The newest one; null where nothing is held yet. */
  readonly cursor: Seq | null;
  /** When the oldest held entry was said; null where nothing is held. */
  readonly oldestAt: TimestampMs | null;
  /** Nothing older can be had. */
  readonly complete: boolean;
}

/** What the index needs of the session. */
export interface SearchDeps {
  readonly vault: Vault;
  rooms(): Promise<readonly SearchableRoom[]>;
  /** The newest `limit` stored rows before `order`, with what was done to them, oldest first. */
  rows(room: RoomId, beforeOrder: number, limit: number): Promise<readonly TimelineRow[]>;
  /** Fetch one page from before what is held. False where that brought nothing. */
  further(room: RoomId): Promise<boolean>;
}
