import { members } from '@undertone/mls/profile';
import { type AccountId, type LogEntry, ProtocolError, type Seq } from '@undertone/protocol';
import { OfflineError } from '../rest/rest-client.ts';
import { Backoff } from '../socket/backoff.ts';
import type { RoomRecord } from '../storage/records.ts';
import { newEntryId, useWelcome } from './enter-group.ts';
import { GroupSteps } from './group-steps.ts';
import { sealLink, walkLinks } from './history-links.ts';
import { LogReader } from './log-reader.ts';
import { MemberSteps } from './member-steps.ts';
import { compareEpochs } from './origins.ts';
import { nextReceipt } from './receipts.ts';
import { renewalAt } from './renewal.ts';
import { ask } from './room-deps.ts';
import type { RoomStore } from './room-store.ts';
import { leavesToRemove } from './roster.ts';
import { acknowledgedBefore, failed, sealed, sentWith } from './send-message.ts';
import { rereadWaiting } from './timeline.ts';
import { turnMs } from './turn.ts';

/** How long keys are not renewed after something was last done in the room, so that it meets nobody who speaks. */
const quietMs = 2_000;
/** Longer timers fire at once. */
const longestTimerMs = 2 ** 31 - 1;
/** How long a receipt waits for more to tell: for what is read right after it arrives, and for the next message. */
const receiptDelayMs = 1_000;

/**
 * Brings one room forward, one step after the other: read what came, fill gaps, settle a commit of ours, enter the group, add and
 * remove members, send what waits, link history. A single loop does all of it, so there is never more than one operation on the
 * room's keys, and every step begins by looking at the present state instead of trusting a plan made before the last answer.
 */
export class RoomDriver {
  readonly #store: RoomStore;
  readonly #backoff = new Backoff(250, 20_000);
  readonly #log: LogReader;
  readonly #groupSteps: GroupSteps;
  readonly #memberSteps: MemberSteps;
  #running: Promise<void> | null = null;
  #again = false;
  #stopped = false;
  #retry: { readonly at: number; readonly timer: ReturnType<typeof setTimeout> } | null = null;
  #linkDueAt: number | null = null;
  /** The epoch that takes no more links of this device (SPEC H5). */
  #linkedOut: RoomRecord['group'] = null;
  #receiptDueAt: number | null = null;
  #upkeepDueAt: number | null = null;
  /** Whether a link may have come since the links were last walked. */
  #walkDue = true;
  /** The keys that were known when the rows that wait were last tried (`ContentKeys.learnt`). */
  #triedWith = -1;
  blocked: () => boolean = () => false;

  constructor(store: RoomStore) {
    this.#store = store;
    this.#log = new LogReader(store, (entries) => this.#apply(entries));
    this.#groupSteps = new GroupSteps(store, this.#log);
    this.#memberSteps = new MemberSteps(store, this.#groupSteps);
  }

  /** Entries that the server pushed. */
  receive(entries: readonly LogEntry[]): void {
    this.#log.receive(entries);
    this.wake();
  }

  /** The connection is new: whatever was pushed meanwhile is missing. */
  resume(head: Seq): void {
    this.#log.reaches(head);
    this.#log.noteGap();
    this.#backoff.reset();
    this.wake();
  }

  /** Entries up to `head` were not pushed (SPEC L8). */
  fellBehind(head: Seq): void {
    if (head <= this.#log.head) return;
    this.#log.reaches(head);
    this.#log.noteGap();
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
    this.#forgetRetry();
    this.#log.stop();
    this.#memberSteps.stop();
  }

  /** Add accounts to the thread, or remove them from it; resolves when the server has accepted it. */
  change(kind: 'add' | 'remove', accounts: readonly AccountId[]): Promise<void> {
    const changed = this.#memberSteps.request(kind, accounts);
    this.wake();
    return changed;
  }

  async #run(): Promise<void> {
    this.#forgetRetry();
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

  /** Look again after `ms`, or earlier where something else waits for less. */
  #wakeIn(ms: number): void {
    const at = performance.now() + ms;
    if (this.#retry !== null && this.#retry.at <= at) return;
    this.#forgetRetry();
    this.#retry = { at, timer: setTimeout(() => this.wake(), ms) };
  }

  #forgetRetry(): void {
    clearTimeout(this.#retry?.timer);
    this.#retry = null;
  }

  /** Do one thing. True if there may be more to do at once. */
  async #step(): Promise<boolean> {
    const { deps, record } = this.#store;
    if (this.#log.hasReceived && record.cursor !== null) {
      await this.#log.takeReceived();
      return true;
    }
    if (!deps.isOnline() || record.gone) return false;
    if (record.cursor === null) return await this.#place();
    if (this.#log.isBehind(record.cursor)) {
      await this.#log.catchUp(record.cursor);
      return true;
    }
    if (this.#store.pending !== null) {
      await this.#groupSteps.settlePending();
      return true;
    }
    if (record.setBack && this.#store.group !== null) {
      await this.#store.serial.run(() => this.#store.dropGroup());
      return true;
    }
    if (this.#store.group === null) {
      await this.#groupSteps.enter();
      return true;
    }
    if (this.#memberSteps.hasRequests) {
      return (await this.#removeLeavers()) || (await this.#memberSteps.next(this.blocked()));
    }
    if (this.#store.outbox.next !== undefined && !this.blocked()) return await this.#sendNext();
    if (await this.#receiptDue()) return true;
    if (await this.#upkeep()) return true;
    if (record.waiting > 0 && this.#mayReadMore()) return await this.#readHistory();
    return await this.#linkHistory();
  }

  /** Commit the Removes that are due (SPEC R6). False where there are none. */
  async #removeLeavers(): Promise<boolean> {
    const { deps, record, group } = this.#store;
    const leavers = group === null ? [] : leavesToRemove(deps, group, record).map((leaf) => leaf.leafIndex);
    if (leavers.length === 0) return false;
    await this.#groupSteps.propose((present, data) => deps.engine.remove(present, leavers, data));
    return true;
  }

  /**
   * What a thread's group needs though nobody says anything: those who left are removed, and this device's keys are renewed (SPEC R6, R16).
   * Members take turns, so that usually one does the former; the latter waits for a quiet moment.
   */
  async #upkeep(): Promise<boolean> {
    const { deps, record, group } = this.#store;
    // While the thread is paused, who changed stays in sight until the person has decided.
    const idle = group === null || record.room.kind === 'public' || this.blocked();
    const leavers = idle ? 0 : leavesToRemove(deps, group, record).length;
    const renewAt = renewalAt(record);
    if (group === null || (leavers === 0 && (renewAt === null || renewAt > Date.now()))) {
      this.#upkeepDueAt = null;
      // Also where nobody says anything until then.
      if (renewAt !== null) this.#wakeIn(Math.min(renewAt - Date.now(), longestTimerMs));
      return false;
    }
    this.#upkeepDueAt ??= Date.now() + turnMs(members(group).length) + (leavers > 0 ? 0 : quietMs);
    const waitMs = this.#upkeepDueAt - Date.now();
    if (waitMs > 0) {
      this.#wakeIn(waitMs);
      return false;
    }
    this.#upkeepDueAt = null;
    if (leavers > 0) return await this.#removeLeavers();
    await this.#groupSteps.propose((present, data) => deps.engine.update(present, data));
    return true;
  }

  async #apply(entries: readonly LogEntry[]): Promise<void> {
    const draft = await this.#store.serial.run(() => this.#store.apply(entries));
    if (draft === null) return;
    this.#groupSteps.applied(draft);
    if (draft.learnedKeys || draft.record.group?.epoch !== this.#store.record.group?.epoch) this.#walkDue = true;
    const room = draft.record.room.id;
    for (const report of draft.reports) {
      await this.#store.deps.request({ type: 'report', room, ...report }).catch(() => {});
    }
    for (const { account, device, head } of draft.heads) {
      await this.#store.deps.identities.heard(account, device, head).catch((error: unknown) => {
        // Without a connection the next message asks again.
        if (!(error instanceof OfflineError)) throw error;
      });
    }
  }

  async #place(): Promise<boolean> {
    const { deps, record } = this.#store;
    const room = record.room.id;
    const welcomed = await useWelcome(deps, record, this.#log.head);
    await this.#store.serial.run(async () => {
      if (welcomed !== undefined) await this.#store.enterByWelcome(welcomed);
      else {
        // Not for this browser: begin at the present, and enter from outside.
        const { head } = this.#log;
        await this.#store.save({ cursor: head, first: (head + 1) as Seq, readSeq: head });
      }
    });
    await deps.request({ type: 'welcome_done', room });
    void deps.stock.refill().catch(() => {});
    this.#log.noteGap();
    return true;
  }

  async #sendNext(): Promise<boolean> {
    const { deps, record, group, outbox } = this.#store;
    const item = outbox.next;
    if (item === undefined || group === null) return false;
    if (await this.#removeLeavers()) return true;
    const body = await this.#store.serial.run(() => sealed(this.#store, item));
    const room = record.room.id;
    try {
      const rest = await sentWith(this.#store, item);
      const ack = await ask(deps, { type: 'send', room, id: item.id, kind: 'message', ...body, ...rest }, 'ack');
      this.#log.reaches(ack.seq);
      if (record.cursor !== null && ack.seq <= record.cursor) await acknowledgedBefore(this.#store, item.id, ack.seq);
      this.#backoff.reset();
      this.#groupSteps.accepted();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      if (error.retryable) await this.#groupSteps.refused(error);
      else await failed(this.#store, item.id, error.message);
    }
    return true;
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
    const full =
      record.group !== null && this.#linkedOut !== null && compareEpochs(this.#linkedOut, record.group) === 0;
    if (keys === null || record.unlinked.length === 0 || full) {
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
      this.#log.reaches(ack.seq);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      // Enough links in this epoch: the next one gives another chance.
      if (error.code === 'link_limit') this.#linkedOut = record.group;
      if (error.code === 'link_limit' || error.code === 'removal_pending') return false;
      await this.#groupSteps.refused(error);
    }
    return true;
  }
}
