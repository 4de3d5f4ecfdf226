import type { RoomId, Seq, TimestampMs } from '@undertone/protocol';
import { OfflineError } from '../rest/rest-client.ts';
import type { SearchableRoom } from '../search/search-deps.ts';
import type { TimelinePage, TimelineRow } from '../view/index.ts';
import { completed } from './annotations.ts';
import { walkLinks } from './history-links.ts';
import type { RoomStore } from './room-store.ts';
import { pendingRow } from './rows.ts';
import { oldestAt, oldestSeq, pullBefore, readBefore, storedRows } from './timeline.ts';

/** The rows of one room, newest first: what this browser holds, and further back what the server does. */
export class RoomHistory {
  readonly #store: RoomStore;
  readonly #wake: () => void;
  #older: Promise<boolean> | null = null;
  /** When the oldest entry that is held was said, and which it is. */
  #oldest: { readonly first: Seq; readonly at: TimestampMs } | null = null;

  /** `wake`: keys came, which may open newer rows that wait. */
  constructor(store: RoomStore, wake: () => void) {
    this.#store = store;
    this.#wake = wake;
  }

  get #room(): RoomId {
    return this.#store.record.room.id;
  }

  /** The newest rows, with what is not acknowledged yet at the end. */
  async newest(limit: number): Promise<TimelinePage> {
    const page = await this.older(Number.MAX_SAFE_INTEGER, limit);
    const { deps, outbox } = this.#store;
    const waiting = outbox.items.flatMap((item) => pendingRow(deps, item) ?? []);
    const shown = await Promise.all(waiting.map((row) => completed(deps, this.#room, row)));
    return { rows: [...page.rows, ...shown], more: page.more };
  }

  /** Rows before `order`, from the vault and, where it ends, from the server. */
  async older(order: number, limit: number): Promise<TimelinePage> {
    for (;;) {
      const { deps, record, outbox } = this.#store;
      const rows = await storedRows(deps, record, outbox.items, order, limit);
      if (rows.length >= limit) return { rows, more: true };
      if (!this.#hasOlder()) return { rows, more: false };
      try {
        if (!(await this.#pullOlder())) return { rows, more: false };
      } catch (error) {
        // Without a connection the vault's part is all there is now; the next request asks again.
        if (error instanceof OfflineError) return { rows, more: this.#hasOlder() };
        throw error;
      }
    }
  }

  /** As far as this browser holds it, for the search. */
  async coverage(): Promise<SearchableRoom> {
    const { deps, record } = this.#store;
    const { first, cursor } = record;
    if (this.#oldest?.first !== first) {
      const at = cursor === null ? null : await oldestAt(deps, record);
      this.#oldest = at === null ? null : { first, at };
    }
    return {
      id: this.#room,
      firstSeq: first,
      cursor,
      oldestAt: this.#oldest?.at ?? null,
      complete: cursor !== null && !this.#hasOlder(),
    };
  }

  /** The newest `limit` rows before `order` that this browser holds, oldest first. */
  async held(order: number, limit: number): Promise<readonly TimelineRow[]> {
    const { deps, record, outbox } = this.#store;
    return await storedRows(deps, record, outbox.items, order, limit);
  }

  /** Fetch a stretch from before what is held. False where there is none; fails without a connection. */
  async further(): Promise<boolean> {
    return this.#hasOlder() && (await this.#pullOlder());
  }

  #hasOlder(): boolean {
    const { record } = this.#store;
    return record.cursor !== null && record.first > oldestSeq(record);
  }

  /** Fetch a stretch from before what is held; one at a time. False if there is none. */
  #pullOlder(): Promise<boolean> {
    this.#older ??= this.#pullOlderOnce().finally(() => {
      this.#older = null;
    });
    return this.#older;
  }

  async #pullOlderOnce(): Promise<boolean> {
    const { deps, keys } = this.#store;
    const before = this.#store.record.first;
    const { entries, emptiedSeq } = await pullBefore(deps, this.#store.record);
    const { group } = this.#store.record;
    const lacks = entries.some((e) => e.kind === 'message' && keys?.keys(e.generation, e.epoch).length === 0);
    const links = keys !== null && group !== null && lacks ? await walkLinks(deps, keys, this.#room, group) : [];
    await this.#store.serial.run(async () => {
      const after = await this.#store.oldestEpoch();
      const { record } = this.#store;
      const known = { ...record, room: { ...record.room, emptiedSeq } };
      const stretch = await readBefore(deps, known, keys, entries, after);
      await this.#store.saveOld(stretch, links);
      this.#store.reachesBack(stretch.oldest);
      await this.#store.showTouched([...stretch.touched].filter((seq) => seq >= before));
    });
    // Keys that came with the links may open newer rows that wait.
    this.#wake();
    return entries.length > 0;
  }
}
