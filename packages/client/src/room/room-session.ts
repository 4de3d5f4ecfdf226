import {
  type AccountId,
  type LogEntry,
  ProtocolError,
  type RoomId,
  type RoomState,
  type Seq,
  type ServerFrameOf,
} from '@undertone/protocol';
import type { RoomRecord } from '../storage/records.ts';
import type { RoomView } from '../view/index.ts';
import { pinViews, receiptViews } from './effects.ts';
import type { RoomDeps } from './room-deps.ts';
import { RoomDriver } from './room-driver.ts';
import { RoomFiles } from './room-files.ts';
import { RoomHistory } from './room-history.ts';
import { RoomMessages } from './room-messages.ts';
import { RoomStore } from './room-store.ts';
import { deviceOf, leavesOf, strangersIn } from './roster.ts';
import { Signals } from './signals.ts';
import { countUnread, lacksEmptied } from './timeline.ts';

/** One room as the rest of the client uses it: its view, what the server tells of it, and the parts that do the rest. */
export class RoomSession {
  readonly #store: RoomStore;
  readonly #driver: RoomDriver;
  readonly #signals: Signals;
  readonly history: RoomHistory;
  readonly messages: RoomMessages;
  readonly files: RoomFiles;
  #draft: string;

  private constructor(store: RoomStore, draft: string) {
    this.#store = store;
    this.#draft = draft;
    this.#driver = new RoomDriver(store);
    this.#signals = new Signals(store);
    const wake = () => this.#driver.wake();
    this.history = new RoomHistory(store, wake);
    this.messages = new RoomMessages({ store, wake, onSaid: () => this.#signals.said() });
    this.files = new RoomFiles(store, {
      say: (id, document, uploading) => this.messages.say(id, document, uploading),
      find: (target) => this.messages.find(target),
      wake,
    });
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
    const { record, group, deps } = this.#store;
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
      unreadMentions: record.unreadMentions,
      readSeq: record.readSeq,
      lastMessage: record.lastMessage,
      lastActivityAt: record.lastActivityAt,
      draft: this.#draft,
      pins: pinViews(record.pins),
      receipts: receiptViews(record, deps.self.account, deps.preferences().readReceipts),
      state,
      emptied: lacksEmptied(record),
      changedIdentities: this.changedIdentities(),
      strangers: strangersIn(record),
    };
  }

  /** The server's word on the room after a connection, or when it changed. */
  async resume(room: RoomState): Promise<void> {
    await this.#store.serial.run(async () => {
      const { record, group } = this.#store;
      const { slug, name, topic, joinedSeq, welcome, emptiedSeq } = room;
      // Group and head are followed by the log alone, unless all of it was processed.
      const current = record.cursor === room.head ? room : record.room;
      const { generation, epoch, inGroup } = current;
      // What is to be removed stays so until it is: the server's word cannot keep a leaver in.
      const kept =
        group === null ? [] : leavesOf(group, record.room.pendingRemovals).map((leaf) => deviceOf(leaf).device);
      const pendingRemovals = [...new Set([...current.pendingRemovals, ...kept])];
      await this.#store.save({
        gone: false,
        room: {
          ...record.room,
          ...{ slug, name, topic, joinedSeq, welcome, emptiedSeq, generation, epoch, pendingRemovals, inGroup },
        },
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

  /** SPEC L8: the log goes up to `head`, and not all of it was pushed. */
  fellBehind(head: Seq): void {
    this.#driver.fellBehind(head);
  }

  wake(): void {
    this.#driver.wake();
  }

  async markRead(seq: Seq): Promise<void> {
    await this.#store.serial.run(async () => {
      const { record, deps } = this.#store;
      const readSeq = Math.min(seq, record.cursor ?? 0) as Seq;
      if (readSeq <= record.readSeq) return;
      const counts = record.unread === 0 ? {} : await countUnread(deps, record, readSeq);
      await this.#store.save({ readSeq, ...counts });
    });
    // Those who wrote it are told.
    if (this.kind === 'thread') this.#driver.wake();
  }

  async typing(): Promise<void> {
    if (this.changedIdentities().length === 0) await this.#signals.typing();
  }

  async signalled(frame: ServerFrameOf<'signalled'>): Promise<void> {
    const account = await this.#signals.heard(frame);
    if (account !== undefined) this.#store.deps.typed(this.id, account);
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

  close(): void {
    this.#driver.stop();
  }

  /** The room is not ours any more: nothing of it stays on this browser, but for who was in it. */
  async erase(): Promise<void> {
    this.#driver.stop();
    await this.#store.serial.run(() => this.#store.erase());
  }
}
