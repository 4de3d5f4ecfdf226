import type { AccountId, RoomId, TimestampMs } from '@undertone/protocol';
import type { MessageRow } from './rows.ts';

export interface SearchQuery {
  /** Words; the last one may be unfinished. May be empty where a filter is set. */
  readonly text: string;
  readonly room?: RoomId;
  readonly account?: AccountId;
  readonly hasFile?: boolean;
  /** Inclusive. */
  readonly from?: TimestampMs;
  /** Exclusive. */
  readonly to?: TimestampMs;
  /** At most so many hits, newest first. */
  readonly limit: number;
}

export interface SearchHit {
  readonly room: RoomId;
  readonly row: MessageRow;
  /** The words of `row.text` (or of its file's name) that were found, as they stand there. */
  readonly terms: readonly string[];
}

/** How far back what this browser holds goes. */
export interface SearchCoverage {
  /** Everything since then, in every room that was asked for, was searched; null where nothing is held. */
  readonly since: TimestampMs | null;
  /** Nothing older can be had: `searchFurther` would find nothing. */
  readonly complete: boolean;
}

export interface SearchPage {
  readonly hits: readonly SearchHit[];
  /** Hits in all. */
  readonly total: number;
  readonly coverage: SearchCoverage;
}
