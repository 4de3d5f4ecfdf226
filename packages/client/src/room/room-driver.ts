import type { GroupState } from '@undertone/mls';
import { members, type PendingCommit } from '@undertone/mls/profile';
import {
  type AccountId,
  type DeviceId,
  type EntryId,
  type LogEntry,
  limits,
  ProtocolError,
  type Seq,
} from '@undertone/protocol';
import { OfflineError } from '../rest/rest-client.ts';
import { Backoff } from '../socket/backoff.ts';
import { type EntryRecord, entryKey } from '../storage/records.ts';
import { enterFromOutside, foundGroup, isBrokenGroup, newEntryId, pendingCommit, useWelcome } from './enter-group.ts';
import { sealLink, walkLinks } from './history-links.ts';
import { keyPackagesOf } from './key-packages-of.ts';
import { nextReceipt } from './receipts.ts';
import { ask } from './room-deps.ts';
import type { RoomStore } from './room-store.ts';
import { leavesToRemove } from './roster.ts';
import { pendingRow } from './rows.ts';
import { sealed, sentWith } from './send-message.ts';
import { rereadWaiting } from './timeline.ts';
import { turnMs } from './turn.ts';

/** How long the push of what was just acknowledged is waited for before it is asked for. */
const pushGraceMs = 200;
/** How long a receipt waits for more to tell: for what is read right after it arrives, and for the next message. */
const receiptDelayMs = 1_000;
/** Attempts to enter the stored group before a new one is founded (SPEC R8). */
const enterTries = 3;
/** Refusals that may be answered by trying again at once; a race is over sooner than that. */
const refusalsAtOnce = 5;

interface AddRequest {
  readonly accounts: readonly AccountId[];
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Brings one room forward, one step after the other: read what came, fill gaps, settle a commit of ours, enter the group, add and
 * remove members, send what waits, link history. A single loop does all of it, so there is never more than one operation on the
 * room's keys, and every step begins by looking at the present state instead of trusting a plan made before the last answer.
 */
export class RoomDriver {
  readonly #store: RoomStore;
  readonly #backoff = new Backoff(250, 20_000);
  readonly #adds: AddRequest[] = [];
  #inbox: LogEntry[] = [];
  #head: Seq;
  #mustPull = true;
  #running: Promise<void> | null = null;
  #again = false;
  #stopped = false;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #pushed: (() => void) | null = null;
  /** Attempts in a row to enter a group that turned out to be of no use. */
  #brokenTries = 0;
  /** When members are verified at an entry. After one that led into a group that does not hold, no commit is sent into such a one. */
  #verifyMembers: 'now' | 'later' = 'later';
  /** The server could not apply a patch of ours to what it holds (SPEC R12). */
  #wholeGroupInfo = false;
  /** Refusals in a row; after a few, waiting takes the place of trying at once. */
  #refusals = 0;
  #linkDueAt: number | null = null;
  #receiptDueAt: number | null = null;
  /** Whether a link may have come since the links were last walked. */
  #walkDue = true;
  /** The keys that were known when the rows that wait were last tried (`ContentKeys.learnt`). */
  #triedWith = -1;
  blocked: () => boolean = () => false;

  constructor(store: RoomStore) {
    this.#store = store;
    this.#head = store.record.room.head;
  }

  /** Entries that the server pushed. */
  receive(entries: readonly LogEntry[]): void {
    const last = entries.at(-1);
    if (last !== undefined && last.seq > this.#head) this.#head = last.seq;
    this.#inbox.push(...entries);
    this.#pushed?.();
    this.wake();
  }

  /** The connection is new: whatever was pushed meanwhile is missing. */
  resume(head: Seq): void {
    if (head > this.#head) this.#head = head;
    this.#mustPull = true;
    this.#backoff.reset();
    this.wake();
  }

  /** Entries up to `head` were not pushed (SPEC L8). */
  fellBehind(head: Seq): void {
    if (head <= this.#head) return;
    this.#head = head;
    this.#mustPull = true;
    this.wake();
  }

  /** Look whether there is something to do. */
  wake(): void {
    if (this.#stopped) return;
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
      if (this.#again && !this.#stopped) this.wake();
    });
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#retry);
    this.#pushed?.();
    for (const add of this.#adds.splice(0)) add.reject(new OfflineError());
  }

  /** Add accounts to the thread; resolves when the server has accepted it. */
  add(accounts: readonly AccountId[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#adds.push({ accounts, resolve, reject });
      this.wake();
    });
  }

  async #run(): Promise<void> {
    clearTimeout(this.#retry);
    while (this.#again && !this.#stopped) {
      this.#again = false;
      try {
        while (!this.#stopped && (await this.#step()));
      } catch (error) {
        // Offline: `resume` comes with the next connection. Anything else is tried again, more and more slowly.
        if (error instanceof OfflineError && !this.#store.deps.isOnline()) return;
        this.#wakeIn(this.#backoff.nextMs());
        return;
      }
    }
  }

  #wakeIn(ms: number): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.wake(), ms);
  }

  /** Do one thing. True if there may be more to do at once. */
  async #step(): Promise<boolean> {
    const { deps, record } = this.#store;
    if (this.#inbox.length > 0 && record.cursor !== null) {
      await this.#takeInbox();
      return true;
    }
    if (!deps.isOnline() || record.gone) return false;
    if (record.cursor === null) return await this.#place();
    if (this.#mustPull || record.cursor < this.#head) return await this.#catchUp(record.cursor);
    if (this.#store.pending !== null) return await this.#settlePending();
    if (this.#strayed()) {
      await this.#store.serial.run(() => this.#store.dropGroup());
      return true;
    }
    if (this.#store.group === null) return await this.#enter();
    if (this.#adds.length > 0) return await this.#addNext();
    if (this.#store.outbox.next !== undefined && !this.blocked()) return await this.#sendNext();
    if (await this.#receiptDue()) return true;
    if (record.waiting > 0 && this.#mayReadMore()) return await this.#readHistory();
    return await this.#linkHistory();
  }

  async #takeInbox(): Promise<void> {
    const entries = this.#inbox;
    this.#inbox = [];
    await this.#apply(entries);
    const { cursor } = this.#store.record;
    // What follows a gap is pulled again with the gap.
    if (cursor !== null && cursor < this.#head && this.#inbox.length === 0) this.#mustPull = true;
  }

  async #apply(entries: readonly LogEntry[]): Promise<void> {
    const draft = await this.#store.serial.run(() => this.#store.apply(entries));
    if (draft === null) return;
    if (draft.entryFailed) {
      this.#brokenTries += 1;
      this.#verifyMembers = 'now';
    } else if (this.#store.group !== null) {
      this.#brokenTries = 0;
      this.#verifyMembers = 'later';
    }
    if (draft.learnedKeys || draft.record.group?.epoch !== this.#store.record.group?.epoch) this.#walkDue = true;
    const room = draft.record.room.id;
    for (const report of draft.reports) {
      await this.#store.deps.request({ type: 'report', room, ...report }).catch(() => {});
    }
  }

  async #place(): Promise<boolean> {
    const { deps, record } = this.#store;
    const room = record.room.id;
    const welcomed = await useWelcome(deps, record.room);
    await this.#store.serial.run(async () => {
      if (welcomed !== undefined) await this.#store.enterByWelcome(welcomed);
      // Not for this browser: begin at the present, and enter from outside.
      else await this.#store.save({ cursor: this.#head, first: (this.#head + 1) as Seq, readSeq: this.#head });
    });
    await deps.request({ type: 'welcome_done', room });
    void deps.stock.refill().catch(() => {});
    this.#mustPull = true;
    return true;
  }

  async #catchUp(cursor: Seq): Promise<boolean> {
    if (!this.#mustPull) {
      await this.#nextPush();
      if (this.#inbox.length > 0) return true;
    }
    const { deps, record } = this.#store;
    const request = { type: 'pull', room: record.room.id, after: cursor, limit: limits.pageMaxEntries } as const;
    const page = await ask(deps, request, 'page');
    const last = page.entries.at(-1);
    if (last !== undefined && last.seq > this.#head) this.#head = last.seq;
    await this.#apply(page.entries);
    if (!page.more || last === undefined) {
      this.#mustPull = false;
      // The server knows no more than this, whatever was thought before.
      const reached = this.#store.record.cursor;
      if (reached !== null && this.#inbox.length === 0) this.#head = reached;
    }
    return true;
  }

  #nextPush(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#pushed = null;
        resolve();
      };
      const timer = setTimeout(() => {
        this.#mustPull = true;
        done();
      }, pushGraceMs);
      this.#pushed = done;
    });
  }

  /** Whether the log has led to another epoch than the one that the keys at hand are for. */
  #strayed(): boolean {
    const { group, room } = this.#store.record;
    return group !== null && (group.generation !== room.generation || group.epoch !== room.epoch);
  }

  async #settlePending(): Promise<boolean> {
    const { deps, pending } = this.#store;
    if (pending === null) return true;
    // While the commit is on its way, which takes about as long. Whether it went well is asked for when the commit is adopted.
    void this.#store.membersCheck.verified(pending.state).catch(() => {});
    try {
      const ack = await ask(deps, pending.frame, 'ack');
      this.#wholeGroupInfo = false;
      this.#refusals = 0;
      if (ack.seq > this.#head) this.#head = ack.seq;
      // Accepted, but not in the log as this device reads it: it was lost in a way that repeats; enter again.
      if (this.#store.record.cursor !== null && this.#store.record.cursor >= ack.seq) {
        await this.#store.serial.run(() => this.#store.dropPending());
      }
      return true;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      await this.#store.serial.run(() => this.#store.dropPending());
      await this.#refused(error);
      return true;
    }
  }

  /** What the server's refusal of a send or commit calls for. Rejects where waiting is all that helps. */
  async #refused(error: ProtocolError): Promise<void> {
    const { record } = this.#store;
    this.#refusals += 1;
    switch (error.code) {
      case 'stale_epoch':
        this.#mustPull = true;
        break;
      case 'removal_pending': {
        this.#mustPull = true;
        const devices = (error.detail.devices ?? []) as DeviceId[];
        const pendingRemovals = [...new Set([...record.room.pendingRemovals, ...devices])];
        await this.#store.serial.run(() => this.#store.save({ room: { ...record.room, pendingRemovals } }));
        break;
      }
      case 'group_info_mismatch':
        this.#wholeGroupInfo = true;
        break;
      case 'not_in_group':
        this.#mustPull = true;
        await this.#store.serial.run(() => this.#store.dropGroup());
        break;
      default:
        if (isBrokenGroup(error)) this.#brokenTries += 1;
        throw error;
    }
    if (this.#refusals > refusalsAtOnce) throw error;
  }

  async #enter(): Promise<boolean> {
    const { deps, record } = this.#store;
    const give = this.#brokenTries >= enterTries || record.room.generation === 0;
    const choices = { wholeGroupInfo: this.#wholeGroupInfo, verifyMembers: this.#verifyMembers };
    try {
      const pending = give ? await foundGroup(deps, record) : await enterFromOutside(deps, record, choices);
      await this.#store.serial.run(() => this.#store.setPending(pending));
      if (give) this.#brokenTries = 0;
      return true;
    } catch (error) {
      if (isBrokenGroup(error)) this.#brokenTries += 1;
      throw error;
    }
  }

  async #addNext(): Promise<boolean> {
    const { deps, record, group } = this.#store;
    const request = this.#adds[0];
    if (request === undefined || group === null) return false;
    const accounts = request.accounts.filter((account) => !record.members.includes(account));
    if (accounts.length === 0) {
      this.#adds.shift();
      request.resolve();
      return true;
    }
    try {
      const keyPackages = await keyPackagesOf(deps, accounts);
      await this.#propose((group) => deps.engine.add(group, keyPackages));
      // Settled by the next steps; asked again then, and found to be done.
      return true;
    } catch (error) {
      this.#adds.shift();
      request.reject(error);
      return true;
    }
  }

  /** Make a commit for the epoch at hand and store it; the next steps send it. */
  async #propose(create: (group: GroupState) => Promise<PendingCommit>): Promise<void> {
    await this.#store.serial.run(async () => {
      const { deps, record, group } = this.#store;
      if (group === null || record.group === null) return;
      const at = { room: record.room.id, ...record.group };
      const choices = { wholeGroupInfo: this.#wholeGroupInfo };
      await this.#store.setPending(await pendingCommit(deps, await create(group), at, choices));
    });
  }

  async #sendNext(): Promise<boolean> {
    const { deps, record, group, outbox } = this.#store;
    const item = outbox.next;
    if (item === undefined || group === null) return false;
    const leavers = leavesToRemove(deps, group, record).map((leaf) => leaf.leafIndex);
    if (leavers.length > 0) {
      await this.#propose((present) => deps.engine.remove(present, leavers));
      return true;
    }
    const body = await this.#store.serial.run(() => sealed(this.#store, item));
    const room = record.room.id;
    try {
      const rest = await sentWith(this.#store, item);
      const ack = await ask(deps, { type: 'send', room, id: item.id, kind: 'message', ...body, ...rest }, 'ack');
      if (ack.seq > this.#head) this.#head = ack.seq;
      if (record.cursor !== null && ack.seq <= record.cursor) await this.#acknowledgedBefore(item.id, ack.seq);
      this.#backoff.reset();
      this.#refusals = 0;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      if (error.retryable) await this.#refused(error);
      else await this.#failed(item.id, error.message);
    }
    return true;
  }

  /** The log went past where the server says that the message stands: it was said twice, or the server put something else there. */
  async #acknowledgedBefore(id: EntryId, seq: Seq): Promise<void> {
    const { deps, record, outbox } = this.#store;
    const stored = await deps.vault.get<EntryRecord>('entries', entryKey(record.room.id, seq));
    const row = stored?.row;
    const shown = row?.kind === 'message' && row.id === id && row.own;
    const done = stored?.row === null && stored.said?.id === id && stored.said.device === deps.self.device;
    if (!shown && !done) return await this.#failed(id, 'The server has something else in the place of this message.');
    await outbox.remove(id);
    await this.#store.showTouched([seq]);
  }

  async #failed(id: Parameters<RoomStore['isPending']>[0], failure: string): Promise<void> {
    const item = this.#store.outbox.find(id);
    if (item === undefined) return;
    const { sealed: _sealed, ...rest } = item;
    const row = pendingRow(this.#store.deps, { ...rest, failure });
    if (row === undefined) {
      // Something done to a message: it is undone here, as it was not done anywhere else.
      await this.#store.outbox.remove(id);
      return await this.#store.showTouched('target' in item.document ? [item.document.target.seq] : []);
    }
    await this.#store.outbox.update({ ...rest, failure });
    await this.#store.showPending([row]);
  }

  /** Keys also come where an older page is fetched, whose links are then no news any more when they are pushed. */
  #mayReadMore(): boolean {
    const { keys, record } = this.#store;
    return keys !== null && record.group !== null && (this.#walkDue || keys.learnt !== this.#triedWith);
  }

  async #readHistory(): Promise<boolean> {
    const { deps, record, keys } = this.#store;
    if (keys === null || record.group === null) return false;
    const links = this.#walkDue ? await walkLinks(deps, keys, record.room.id, record.group) : [];
    this.#walkDue = false;
    await this.#store.serial.run(async () => {
      this.#triedWith = keys.learnt;
      const stretch = await rereadWaiting(deps, this.#store.record, keys);
      await this.#store.saveOld(stretch, links);
      await this.#store.showTouched(stretch.touched, stretch.rows);
    });
    return true;
  }

  /** Put a receipt into the outbox when there is something to tell and enough was waited (SPEC C9). True if there is one now. */
  async #receiptDue(): Promise<boolean> {
    const receipt = this.blocked() ? undefined : nextReceipt(this.#store);
    if (receipt === undefined) {
      this.#receiptDueAt = null;
      return false;
    }
    this.#receiptDueAt ??= Date.now() + receiptDelayMs;
    const waitMs = this.#receiptDueAt - Date.now();
    if (waitMs > 0) {
      this.#wakeIn(waitMs);
      return false;
    }
    this.#receiptDueAt = null;
    await this.#store.outbox.add(newEntryId(), receipt);
    return true;
  }

  async #linkHistory(): Promise<boolean> {
    const { deps, record, keys } = this.#store;
    if (keys === null || record.unlinked.length === 0) {
      this.#linkDueAt = null;
      return false;
    }
    this.#linkDueAt ??= Date.now() + turnMs(this.#store.group === null ? 1 : members(this.#store.group).length);
    const waitMs = this.#linkDueAt - Date.now();
    if (waitMs > 0) {
      this.#wakeIn(waitMs);
      return false;
    }
    this.#linkDueAt = null;
    const id = newEntryId();
    const body = await sealLink(deps, keys, record, id);
    if (body === undefined || record.group === null) return false;
    const { generation, epoch } = record.group;
    try {
      const ack = await ask(
        deps,
        { type: 'send', room: record.room.id, generation, epoch, id, kind: 'link', body },
        'ack',
      );
      if (ack.seq > this.#head) this.#head = ack.seq;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      // Enough links in this epoch: the next one gives another chance.
      if (error.code === 'link_limit' || error.code === 'removal_pending') return false;
      await this.#refused(error);
    }
    return true;
  }
}
