import {
  type AccountId,
  type EntryId,
  type LogEntry,
  ProtocolError,
  type RoomId,
  type RoomState,
  type Seq,
} from '@undertone/protocol';
import { OfflineError } from '../rest/rest-client.ts';
import type { RoomRecord } from '../storage/records.ts';
import type { RoomView, TimelinePage, TimelineRow } from '../view/index.ts';
import { walkLinks } from './history-links.ts';
import type { RoomDeps } from './room-deps.ts';
import { RoomDriver } from './room-driver.ts';
import { RoomStore } from './room-store.ts';
import { deviceOf, leavesOf, strangersIn } from './roster.ts';
import { pendingRow } from './rows.ts';
import { countUnread, oldestSeq, pullBefore, readBefore, storedRows } from './timeline.ts';

/** One room as the rest of the client uses it: its view, its timeline, what one can do in it. */
export class RoomSession {
  readonly #store: RoomStore;
  readonly #driver: RoomDriver;
  #draft: string;
  #older: Promise<boolean> | null = null;

  private constructor(store: RoomStore, draft: string) {
    this.#store = store;
    this.#draft = draft;
    this.#driver = new RoomDriver(store);
    this.#driver.blocked = () => this.changedIdentities().length > 0;
  }

  /** Open a room from what is stored of it, or from the server's word if it is new. */
  static async open(deps: RoomDeps, stored: RoomRecord | RoomState): Promise<RoomSession> {
    const store = await RoomStore.open(deps, stored);
    const draft = await deps.vault.get<string>('drafts', store.record.room.id);
    return new RoomSession(store, draft ?? '');
  }

  get id(): RoomId {
    return this.#store.record.room.id;
  }

  get members(): readonly AccountId[] {
    return this.#store.record.members;
  }

  get kind(): RoomState['kind'] {
    return this.#store.record.room.kind;
  }

  /** Members of a thread whose identity changed, or whom nobody vouches for, and who were not looked at (SPEC I5, R10). */
  changedIdentities(): AccountId[] {
    const { deps, record } = this.#store;
    if (record.room.kind === 'public') return [];
    const strangers = strangersIn(record);
    return record.members.filter(
      (account) => deps.identities.trust(account) === 'changed' || strangers.includes(account),
    );
  }

  /** The person looked at a member that nobody vouches for and goes on. */
  async accept(account: AccountId): Promise<void> {
    await this.#store.serial.run(async () => {
      const { record } = this.#store;
      if (strangersIn(record).includes(account)) await this.#store.save({ vouched: [...record.vouched, account] });
    });
    this.#driver.wake();
  }

  view(): RoomView {
    const { record, group } = this.#store;
    const { id, kind, slug, name, topic, policy } = record.room;
    const entered = group !== null ? 'ready' : record.entered ? 'repairing' : 'entering';
    const state = record.gone ? 'gone' : entered;
    return {
      id,
      kind,
      slug,
      name,
      topic,
      policy,
      members: record.members,
      unread: record.unread,
      readSeq: record.readSeq,
      lastMessage: record.lastMessage,
      lastActivityAt: record.lastActivityAt,
      draft: this.#draft,
      state,
      changedIdentities: this.changedIdentities(),
      strangers: strangersIn(record),
    };
  }

  /** The server's word on the room after a connection, or when it changed. */
  async resume(room: RoomState): Promise<void> {
    await this.#store.serial.run(async () => {
      const { record, group } = this.#store;
      const { slug, name, topic, joinedSeq, welcome } = room;
      // Group and head are followed by the log alone, unless all of it was processed.
      const current = record.cursor === room.head ? room : record.room;
      const { generation, epoch, inGroup } = current;
      // What is to be removed stays so until it is: the server's word cannot keep a leaver in.
      const kept =
        group === null ? [] : leavesOf(group, record.room.pendingRemovals).map((leaf) => deviceOf(leaf).device);
      const pendingRemovals = [...new Set([...current.pendingRemovals, ...kept])];
      await this.#store.save({
        gone: false,
        room: { ...record.room, slug, name, topic, joinedSeq, welcome, generation, epoch, pendingRemovals, inGroup },
      });
      // A membership that began after what was read: what lies between cannot be had, and the keys are others.
      if (record.cursor !== null && joinedSeq > record.cursor) {
        await this.#store.dropGroup();
        await this.#store.save({ cursor: welcome ? null : joinedSeq });
      }
    });
    this.#driver.resume(room.head);
  }

  /** The server says that this account is not in the room any more. It may be wrong or lie, so nothing is lost by it. */
  async disappear(): Promise<void> {
    await this.#store.serial.run(() => this.#store.save({ gone: true }));
  }

  receive(entries: readonly LogEntry[]): void {
    this.#driver.receive(entries);
  }

  wake(): void {
    this.#driver.wake();
  }

  /** The newest rows, with what is not acknowledged yet at the end. */
  async openTimeline(limit: number): Promise<TimelinePage> {
    const page = await this.olderRows(Number.MAX_SAFE_INTEGER, limit);
    const waiting = this.#store.outbox.items.map((item) => pendingRow(this.#store.deps, item));
    return { rows: [...page.rows, ...waiting], more: page.more };
  }

  /** Rows before `order`, from the vault and, where it ends, from the server. */
  async olderRows(order: number, limit: number): Promise<TimelinePage> {
    for (;;) {
      const rows = await storedRows(this.#store.deps, this.#store.record, order, limit);
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
    const entries = await pullBefore(deps, this.#store.record);
    const { group } = this.#store.record;
    const lacks = entries.some((e) => e.kind === 'message' && keys?.keys(e.generation, e.epoch).length === 0);
    const links = keys !== null && group !== null && lacks ? await walkLinks(deps, keys, this.id, group) : [];
    await this.#store.serial.run(async () => {
      const { record } = this.#store;
      const { writes, first, waiting } = await readBefore(deps, record, keys, entries);
      await this.#store.save({ first, waiting: record.waiting + waiting }, { writes: [...links, ...writes] });
    });
    return entries.length > 0;
  }

  async markRead(seq: Seq): Promise<void> {
    await this.#store.serial.run(async () => {
      const { record, deps } = this.#store;
      const readSeq = Math.min(seq, record.cursor ?? 0) as Seq;
      if (readSeq <= record.readSeq) return;
      const unread = record.unread === 0 ? 0 : await countUnread(deps, record, readSeq);
      await this.#store.save({ readSeq, unread });
    });
  }

  async sendText(text: string, id: EntryId): Promise<EntryId> {
    if (this.#store.record.gone) throw new ProtocolError('not_member');
    const item = await this.#store.outbox.add(id, text);
    this.#show(pendingRow(this.#store.deps, item));
    this.#driver.wake();
    return item.id;
  }

  async retrySend(id: EntryId): Promise<void> {
    const item = this.#store.outbox.find(id);
    if (item?.failure === undefined) return;
    const { failure: _failure, ...again } = item;
    await this.#store.outbox.update(again);
    this.#show(pendingRow(this.#store.deps, again));
    this.#driver.wake();
  }

  /** Give up a message that failed. One that is on its way cannot be taken back. */
  async discardSend(id: EntryId): Promise<void> {
    const item = this.#store.outbox.find(id);
    if (item?.failure === undefined) return;
    await this.#store.outbox.remove(id);
    this.#store.showPending([], [pendingRow(this.#store.deps, item).key]);
  }

  async saveDraft(text: string): Promise<void> {
    this.#draft = text;
    const { vault } = this.#store.deps;
    await vault.write([
      text === '' ? { store: 'drafts', key: this.id } : { store: 'drafts', key: this.id, value: text },
    ]);
    this.#store.deps.roomChanged(this.id);
  }

  async addMembers(accounts: readonly AccountId[]): Promise<void> {
    if (this.kind !== 'thread') throw new ProtocolError('invalid_request');
    await this.#driver.add(accounts);
  }

  #show(row: TimelineRow): void {
    this.#store.showPending([row]);
  }

  close(): void {
    this.#driver.stop();
  }

  /** The room is not ours any more: nothing of it stays on this browser, but for who was in it. */
  async erase(): Promise<void> {
    this.#driver.stop();
    await this.#store.serial.run(() => this.#store.erase());
  }
}
