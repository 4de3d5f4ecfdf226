import { type Core, CoreError, type MessageRow, type TimelineChange, type TimelineRow } from '@undertone/client/view';
import type { AccountId, RoomId, Seq } from '@undertone/protocol';
import { itemsOf, type TimelineItem } from '../timeline/items.ts';
import { mergeRows } from '../timeline/merge.ts';
import { messageKey } from '../timeline/message-key.ts';
import { type PresenceLine, PresenceLines } from '../timeline/presence-lines.ts';
import { pagesBefore } from '../timeline/reach.ts';

const firstPage = { min: 80, max: 500 };
const olderPage = 100;
/** Pages and rows of a jump far back, at most. */
const reachPage = 400;
const reachPages = 60;

/** What was said in one room, as far as it was looked at. */
export class RoomTimeline {
  readonly room: RoomId;
  readonly #core: Core;
  readonly #presence = new PresenceLines();
  #rows = $state.raw<readonly TimelineRow[]>([]);
  #presenceLines = $state.raw<readonly PresenceLine[]>([]);
  #more = $state(true);
  #grewAtTop = $state(false);
  #phase = $state<'opening' | 'ready' | 'failed'>('opening');
  #older = $state<'idle' | 'loading' | 'failed'>('idle');
  #early: TimelineChange[] = [];
  #opening = 0;
  #loading: Promise<void> = Promise.resolve();
  readonly #limit: number;
  #newAfter = $state<Seq | null>(null);

  readonly #messages: ReadonlyMap<string, MessageRow> = $derived(
    new Map(this.#rows.flatMap((row) => (row.kind === 'message' ? [[messageKey(row), row] as const] : []))),
  );

  readonly items: readonly TimelineItem[] = $derived(
    itemsOf(this.#rows, { newAfter: this.#newAfter, more: this.#more, presence: this.#presenceLines }),
  );

  /** `unread` messages are in the first page, within reason. */
  constructor(core: Core, room: RoomId, unread: number) {
    this.#core = core;
    this.room = room;
    this.#limit = Math.min(Math.max(unread + 30, firstPage.min), firstPage.max);
    void this.#open();
  }

  get rows(): readonly TimelineRow[] {
    return this.#rows;
  }

  get phase(): 'opening' | 'ready' | 'failed' {
    return this.#phase;
  }

  /** Whether there is more before the first row. */
  get more(): boolean {
    return this.#more;
  }

  /** Whether the newest change put rows before the first: the list then keeps its place from the end. */
  get grewAtTop(): boolean {
    return this.#grewAtTop;
  }

  get older(): 'idle' | 'loading' | 'failed' {
    return this.#older;
  }

  /** The newest entry that stands in the log. */
  get head(): Seq | null {
    return this.#rows.findLast((row) => row.seq !== null)?.seq ?? null;
  }

  get newAfter(): Seq | null {
    return this.#newAfter;
  }

  /** Where the 'new' line stands; null for none. The view decides: it knows what was seen. */
  drawNewAfter(seq: Seq | null): void {
    if (seq === this.#newAfter) return;
    this.#grewAtTop = false;
    this.#newAfter = seq;
  }

  reopen(): void {
    void this.#open();
  }

  /** How a message stands now, if it is loaded. */
  message(message: Pick<MessageRow, 'device' | 'id'>): MessageRow | undefined {
    return this.#messages.get(messageKey(message));
  }

  loadOlder(): Promise<void> {
    if (this.#older !== 'loading') this.#loading = this.#loadBefore({ size: olderPage, pages: 1, enough: () => true });
    return this.#loading;
  }

  /**
   * The key of the row at `seq`, loading what lies between within reason; null where this browser does not hold it. The pages appear
   * at once, so that the list moves once.
   */
  async reach(seq: number): Promise<string | null> {
    const found = () => this.#rows.find((row) => row.seq === seq)?.key;
    if (found() === undefined) {
      await this.#loading;
      const first = this.#rows[0];
      if (first && first.order > seq) {
        const enough = (rows: readonly TimelineRow[]) => (rows[0]?.order ?? 0) <= seq;
        this.#loading = this.#loadBefore({ size: reachPage, pages: reachPages, enough });
        await this.#loading;
      }
    }
    return found() ?? null;
  }

  /** Pages before the first row, until `enough` or there is no more. */
  async #loadBefore(bounds: Parameters<typeof pagesBefore>[2]): Promise<void> {
    if (!this.#more) return;
    // Opened without a connection, there may be no row yet to begin from.
    const before = this.#rows[0]?.order ?? Number.MAX_SAFE_INTEGER;
    const opening = this.#opening;
    this.#older = 'loading';
    try {
      const older = (order: number, limit: number) => this.#core.olderRows(this.room, order, limit);
      const page = await pagesBefore(older, before, bounds);
      if (opening !== this.#opening) return;
      this.#grewAtTop = true;
      this.#rows = mergeRows(this.#rows, { rows: page.rows, removed: [] }, false);
      this.#more = page.more;
      this.#older = 'idle';
    } catch (error) {
      if (!(error instanceof CoreError)) reportError(error);
      if (opening === this.#opening) this.#older = 'failed';
    }
  }

  apply(change: TimelineChange): void {
    if (this.#phase !== 'ready') {
      this.#early.push(change);
      return;
    }
    this.#grewAtTop = false;
    this.#rows = mergeRows(this.#rows, change, this.#more);
  }

  /** Who of `members` came or went. */
  presence(members: readonly AccountId[], online: readonly AccountId[], offline: readonly AccountId[]): void {
    const now = Date.now();
    const here = new Set(members);
    this.#presence.offline(
      offline.filter((account) => here.has(account)),
      now,
    );
    const arrived = online.filter((account) => here.has(account));
    if (this.#presence.online(arrived, now, this.#rows.at(-1)?.order ?? 0, members.length)) {
      this.#grewAtTop = false;
      this.#presenceLines = this.#presence.lines;
    }
  }

  async #open(): Promise<void> {
    this.#opening += 1;
    const opening = this.#opening;
    this.#phase = 'opening';
    this.#early = [];
    try {
      const page = await this.#core.openTimeline(this.room, this.#limit);
      if (opening !== this.#opening) return;
      this.#rows = this.#early.reduce(
        (rows, change) => mergeRows(rows, change, page.more),
        mergeRows([], { rows: page.rows, removed: [] }, false),
      );
      this.#early = [];
      this.#grewAtTop = false;
      this.#more = page.more;
      this.#older = 'idle';
      this.#phase = 'ready';
    } catch (error) {
      if (!(error instanceof CoreError)) reportError(error);
      if (opening === this.#opening) this.#phase = 'failed';
    }
  }
}
