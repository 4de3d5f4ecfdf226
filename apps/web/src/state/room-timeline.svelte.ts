import { type Core, CoreError, type TimelineChange, type TimelineRow } from '@undertone/client/view';
import type { AccountId, RoomId, Seq } from '@undertone/protocol';
import { itemsOf, type TimelineItem } from '../timeline/items.ts';
import { mergeRows } from '../timeline/merge.ts';
import { type PresenceLine, PresenceLines } from '../timeline/presence-lines.ts';

const firstPage = { min: 80, max: 500 };
const olderPage = 100;

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
  readonly #limit: number;
  #newAfter = $state<Seq | null>(null);

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

  async loadOlder(): Promise<void> {
    const first = this.#rows[0];
    if (!this.#more || !first || this.#older === 'loading') return;
    const opening = this.#opening;
    this.#older = 'loading';
    try {
      const page = await this.#core.olderRows(this.room, first.order, olderPage);
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
