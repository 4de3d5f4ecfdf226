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
import type { DoubtView, RoomView } from '../view/index.ts';
import { leadsBack } from './apply-epoch.ts';
import { pinViews, receiptViews } from './effects.ts';
import type { RoomDeps } from './room-deps.ts';
import { RoomDriver } from './room-driver.ts';
import { RoomFiles } from './room-files.ts';
import { RoomHistory } from './room-history.ts';
import { RoomMessages } from './room-messages.ts';
import { RoomStore } from './room-store.ts';
import { deviceOf, leavesOf, leavesToRemove } from './roster.ts';
import { Signals } from './signals.ts';
import { countUnread, lacksEmptied } from './timeline.ts';
import { doubtsIn, withVouched } from './vouching.ts';

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
    this.#driver.blocked = () => this.isPaused();
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

  /** Members of a thread that the person has not accepted in it (SPEC V1, V3). */
  doubts(): DoubtView[] {
    const { deps, record, group } = this.#store;
    return doubtsIn(deps.identities, record, group);
  }

  /** Whether nothing that gives access may happen in a thread until the person has decided (SPEC V3, E5). */
  isPaused(): boolean {
    if (this.kind === 'public') return false;
    return this.doubts().length > 0 || this.#store.record.differences.some(({ passed }) => !passed);
  }

  /** The person goes on with an identity in this thread: with just the one that the doubt names, else it is `identity_changed`. */
  async accept(account: AccountId, root: string, head: string): Promise<void> {
    await this.#store.serial.run(async () => {
      const doubt = this.doubts().find((one) => one.account === account);
      if (doubt === undefined) return;
      // Fails if it is not the one that is shown any more.
      await this.#store.deps.identities.accept(account, root, head);
      const vouched = withVouched(this.#store.record.vouched, [{ account, root }]);
      await this.#store.save({ vouched, missed: this.#store.record.missed?.filter((one) => one !== account) ?? [] });
    });
    this.#driver.wake();
  }

  /** The person goes on in spite of a difference (SPEC E5). */
  async passDifference(key: string): Promise<void> {
    await this.#store.serial.run(async () => {
      const { differences } = this.#store.record;
      await this.#store.save({
        differences: differences.map((one) => (one.key === key ? { ...one, passed: true } : one)),
      });
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
      doubts: this.doubts(),
      differences: record.differences.flatMap(({ passed, ...one }) => (passed ? [] : one)),
    };
  }

  /** The server's word on the room after a connection, or when it changed. */
  async resume(room: RoomState): Promise<void> {
    await this.#store.serial.run(async () => {
      const { record, group } = this.#store;
      const { slug, name, topic, joinedSeq, welcome, emptiedSeq } = room;
      // Who is to be removed is followed by the log, unless all of it was processed. What is to be removed stays so until it is: the
      // server's word cannot keep a leaver in.
      const current = record.cursor === room.head ? room : record.room;
      const kept =
        group === null ? [] : leavesOf(group, record.room.pendingRemovals).map((leaf) => deviceOf(leaf).device);
      const pendingRemovals = [...new Set([...current.pendingRemovals, ...kept])];
      const { inGroup } = current;
      await this.#store.save({
        gone: false,
        // The epoch comes from the log alone: told another one, this device would take old messages for new ones (SPEC L3).
        room: { ...record.room, slug, name, topic, joinedSeq, welcome, emptiedSeq, pendingRemovals, inGroup },
      });
      // A membership that began after what was read: what lies between cannot be had, and the keys are others. If the server takes that back
      // before anyone who is known was heard there, this device goes on where it stood.
      const { jumpedFrom } = record;
      if (record.cursor !== null && joinedSeq > record.cursor) {
        const { generation, epoch } = record.room;
        await this.#store.dropGroup('gap');
        await this.#store.save({
          cursor: welcome ? null : (Math.max(joinedSeq, room.head) as Seq),
          jumpedFrom: jumpedFrom ?? {
            cursor: record.cursor,
            generation,
            epoch,
            floor: record.floor,
            members: record.members,
          },
          gap: record.entered,
          ...this.#laterEpoch(room),
        });
      } else if (jumpedFrom !== null && joinedSeq <= jumpedFrom.cursor) {
        await this.#store.jumpBack(jumpedFrom);
      } else if (record.first > room.head + 1 && record.cursor !== null && !(await this.#store.heardAfter(room.head))) {
        // Reading began at a place that the log does not reach, and nothing was ever said there that could be read.
        const { generation, epoch } = record.room;
        await this.#store.jumpBack({
          cursor: room.head,
          generation,
          epoch,
          floor: record.floor,
          members: record.members,
        });
      }
    });
    this.#driver.resume(room.head);
  }

  /** Where a log goes on after a stretch that cannot be read, at its head: the epoch that the server names, if that is a later one. */
  #laterEpoch({ generation, epoch }: RoomState): Partial<RoomRecord> {
    const { room } = this.#store.record;
    return leadsBack(this.#store.record, { generation, epoch }) ? {} : { room: { ...room, generation, epoch } };
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
    // Whose leaf is to be removed holds the epoch's keys until then.
    const { deps, record, group } = this.#store;
    const leaving = group !== null && leavesToRemove(deps, group, record).length > 0;
    if (!this.isPaused() && !leaving) await this.#signals.typing();
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
    await this.#driver.change('add', accounts);
  }

  /** Remove an account; of one's own only a device that uses its name with other keys: one leaves by leaving. */
  async removeMember(account: AccountId): Promise<void> {
    const own = account === this.#store.deps.self.account;
    const isStrange = () => this.doubts().some((doubt) => doubt.account === account);
    if (this.kind !== 'thread' || (own && !isStrange())) throw new ProtocolError('invalid_request');
    await this.#driver.change('remove', [account]);
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
