import {
  type AccountId,
  type EntryId,
  type LogEntry,
  limits,
  ProtocolError,
  type RoomId,
  type RoomState,
  type Seq,
  type ServerFrameOf,
  type TimestampMs,
} from '@undertone/protocol';
import { type MessageTarget, sameTarget } from '../content/document.ts';
import { OfflineError } from '../rest/rest-client.ts';
import type { SearchableRoom } from '../search/search-deps.ts';
import {
  type AnnotationRecord,
  annotationKey,
  type OutboxRecord,
  type RoomRecord,
  type UnsentDocument,
} from '../storage/records.ts';
import {
  CoreError,
  type MessageRow,
  type RoomView,
  type TextToSend,
  type TimelinePage,
  type TimelineRow,
} from '../view/index.ts';
import { annotated, completed, entryAt } from './annotations.ts';
import { pinViews, receiptViews } from './effects.ts';
import { newEntryId } from './enter-group.ts';
import { walkLinks } from './history-links.ts';
import type { RoomDeps } from './room-deps.ts';
import { RoomDriver } from './room-driver.ts';
import { type FoundMessage, RoomFiles } from './room-files.ts';
import { RoomStore } from './room-store.ts';
import { deviceOf, leavesOf, strangersIn } from './roster.ts';
import { ownKey, pendingRow } from './rows.ts';
import { Signals } from './signals.ts';
import { countUnread, lacksEmptied, oldestAt, oldestSeq, pullBefore, readBefore, storedRows } from './timeline.ts';

/** One room as the rest of the client uses it: its view, its timeline, what one can do in it. */
export class RoomSession {
  readonly #store: RoomStore;
  readonly #driver: RoomDriver;
  readonly #signals: Signals;
  readonly files: RoomFiles;
  #draft: string;
  #older: Promise<boolean> | null = null;
  /** When the oldest entry that is held was said, and which it is. */
  #oldest: { readonly first: Seq; readonly at: TimestampMs } | null = null;

  private constructor(store: RoomStore, draft: string) {
    this.#store = store;
    this.#draft = draft;
    this.#driver = new RoomDriver(store);
    this.#signals = new Signals(store);
    this.files = new RoomFiles(store, {
      say: (id, document, uploading) => this.#say(id, document, uploading),
      find: (target) => this.#find(target),
      wake: () => this.#driver.wake(),
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

  /** The newest rows, with what is not acknowledged yet at the end. */
  async openTimeline(limit: number): Promise<TimelinePage> {
    const page = await this.olderRows(Number.MAX_SAFE_INTEGER, limit);
    const { deps, outbox } = this.#store;
    const waiting = outbox.items.flatMap((item) => pendingRow(deps, item) ?? []);
    const shown = await Promise.all(waiting.map((row) => completed(deps, this.id, row)));
    return { rows: [...page.rows, ...shown], more: page.more };
  }

  /** Rows before `order`, from the vault and, where it ends, from the server. */
  async olderRows(order: number, limit: number): Promise<TimelinePage> {
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
      id: this.id,
      firstSeq: first,
      cursor,
      oldestAt: this.#oldest?.at ?? null,
      complete: cursor !== null && !this.#hasOlder(),
    };
  }

  /** The newest `limit` rows before `order` that this browser holds, oldest first. */
  async heldRows(order: number, limit: number): Promise<readonly TimelineRow[]> {
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
    const links = keys !== null && group !== null && lacks ? await walkLinks(deps, keys, this.id, group) : [];
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
    this.#driver.wake();
    return entries.length > 0;
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

  /** Put a document into the outbox and show what it does here. Fails with `not_member` where nothing can be sent. */
  async #say(id: EntryId, document: UnsentDocument, uploading = false): Promise<OutboxRecord> {
    if (this.#store.record.gone) throw new ProtocolError('not_member');
    const item = await this.#store.outbox.add(id, document, uploading);
    const row = pendingRow(this.#store.deps, item);
    if (row !== undefined) await this.#store.showPending([row]);
    if ('target' in document) await this.#store.showTouched([document.target.seq]);
    this.#driver.wake();
    return item;
  }

  async sendText({ id, text, reply, mentions = [] }: TextToSend): Promise<EntryId> {
    const item = await this.#say(id, {
      v: 1,
      type: 'text',
      text,
      ...(reply === undefined ? {} : { reply }),
      ...(mentions.length === 0 ? {} : { mentions: [...mentions] }),
    });
    this.#signals.said();
    return item.id;
  }

  /** A message as it is shown, with what opens its file; fails with `unknown_message` where it is not here. */
  async #find(target: MessageTarget): Promise<FoundMessage> {
    const { deps, outbox } = this.#store;
    const entry = await entryAt(deps, this.id, target);
    const rows = entry?.row ? await annotated(deps, this.id, outbox.items, [entry.row]) : [];
    const row = rows[0];
    if (row?.kind !== 'message' || row.deleted) throw new ProtocolError('unknown_message');
    return { row, file: entry?.file };
  }

  async editText(target: MessageTarget, text: string, mentions: readonly AccountId[]): Promise<void> {
    const { row } = await this.#find(target);
    if (!row.own || row.elsewhere) throw new ProtocolError('unknown_message');
    if (row.text === text) return;
    if (row.earlier.length >= limits.editsPerMessage) {
      throw new CoreError({ code: 'too_many', message: 'This message was edited too often. Write a new one.' });
    }
    const named = mentions.length === 0 ? {} : { mentions: [...mentions] };
    await this.#say(newEntryId(), { v: 1, type: 'edit', target, text, ...named });
  }

  async deleteMessage(target: MessageTarget, from: 'me' | 'everyone'): Promise<void> {
    if (from === 'everyone') {
      const { row } = await this.#find(target);
      if (!row.own || row.elsewhere) throw new ProtocolError('erase_refused');
      await this.#say(newEntryId(), { v: 1, type: 'delete', target });
      return;
    }
    const { self, vault } = this.#store.deps;
    const hidden: AnnotationRecord = {
      target,
      seq: 0,
      at: Date.now(),
      account: self.account,
      device: self.device,
      effect: { kind: 'hide' },
    };
    await vault.write([{ store: 'annotations', key: annotationKey(this.id, target.seq, 0), value: hidden }]);
    await this.#store.showTouched([target.seq]);
  }

  async react(target: MessageTarget, emoji: string, on: boolean): Promise<void> {
    const { row } = await this.#find(target);
    const { account } = this.#store.deps.self;
    const there = row.reactions.some((reaction) => reaction.emoji === emoji && reaction.accounts.includes(account));
    if (there !== on) await this.#say(newEntryId(), { v: 1, type: 'react', target, emoji, on });
  }

  async pin(target: MessageTarget, on: boolean): Promise<void> {
    if (on) await this.#find(target);
    const { deps, record } = this.#store;
    const pins = pinViews(record.pins);
    const pinned = pins.map((pin) => pin.target);
    const there = pinned.some((other) => sameTarget(other, target));
    if (there === on) return;
    if (on && pinned.length >= limits.pinsPerRoom) {
      throw new CoreError({ code: 'too_many', message: `At most ${limits.pinsPerRoom} messages can be pinned here.` });
    }
    if (on && pins.filter(({ by }) => by === deps.self.account).length >= limits.pinsPerAccount) {
      const message = `You have pinned ${limits.pinsPerAccount} messages here, and more do not count. Unpin one first.`;
      throw new CoreError({ code: 'too_many', message });
    }
    const known = pinned.filter((other) => !sameTarget(other, target));
    await this.#say(newEntryId(), { v: 1, type: 'pin', target, on, known });
  }

  /** These messages, as far as they are here. */
  async messages(targets: readonly MessageTarget[]): Promise<readonly MessageRow[]> {
    const { deps, outbox } = this.#store;
    const entries = await Promise.all(targets.map((target) => entryAt(deps, this.id, target)));
    const rows = entries.flatMap((entry) => entry?.row ?? []).sort((a, b) => a.order - b.order);
    const shown = await annotated(deps, this.id, outbox.items, rows);
    return shown.flatMap((row) => (row.kind === 'message' ? row : []));
  }

  async typing(): Promise<void> {
    if (this.changedIdentities().length === 0) await this.#signals.typing();
  }

  async signalled(frame: ServerFrameOf<'signalled'>): Promise<void> {
    const account = await this.#signals.heard(frame);
    if (account !== undefined) this.#store.deps.typed(this.id, account);
  }

  async retrySend(id: EntryId): Promise<void> {
    const item = this.#store.outbox.find(id);
    if (item?.failure === undefined) return;
    const { failure: _failure, ...again } = item;
    await this.#store.outbox.update(again);
    await this.#store.showPending([pendingRow(this.#store.deps, again)]);
    this.#driver.wake();
  }

  /** Give up a message that failed. One that is on its way cannot be taken back. */
  async discardSend(id: EntryId): Promise<void> {
    const { outbox, deps } = this.#store;
    const item = outbox.find(id);
    if (item?.failure === undefined) return;
    await outbox.remove(id);
    await this.#store.showPending([], [{ key: ownKey(deps.self.device, id), seq: null }]);
    if (item.document.type === 'file') await deps.files.remove(this.id, [ownKey(deps.self.device, id)]);
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
