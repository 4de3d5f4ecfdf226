import type { GroupState } from '@undertone/mls';
import type { AccountId, DeviceId, EntryId, LogEntry, RoomState, Seq, TimestampMs } from '@undertone/protocol';
import { prefixRange, type VaultWrite } from '@undertone/vault';
import { unshared } from '../bytes.ts';
import { contentKeyBytes, contentKeyLabel } from '../content/content-key.ts';
import { OfflineError } from '../rest/rest-client.ts';
import {
  type EntryRecord,
  entryKey,
  type JumpedFrom,
  type OutboxRecord,
  type RoomRecord,
  type Vouched,
  vouchedKey,
} from '../storage/records.ts';
import type { RemovedRow, TimelineRow } from '../view/index.ts';
import { annotated, completed } from './annotations.ts';
import { applyEntry } from './apply-entry.ts';
import { ContentKeys } from './content-keys.ts';
import { type Draft, draftOf } from './draft.ts';
import type { Welcomed } from './enter-group.ts';
import { EpochChain } from './epoch-chain.ts';
import { jumpBack } from './jump-back.ts';
import { MembersCheck } from './members-check.ts';
import { compareEpochs, type EpochIds, heldEpoch } from './origins.ts';
import { Outbox } from './outbox.ts';
import type { RoomDeps } from './room-deps.ts';
import { completeRecord, completeVouched, enteredByWelcome, freshRecord } from './room-record.ts';
import { removed } from './rows.ts';
import { Serial } from './serial.ts';
import { type GroupStates, noStates, type PendingGroup, StoredGroup } from './stored-group.ts';
import { type ErasedRow, thinOut, withoutErased } from './thin-out.ts';
import type { OldStretch } from './timeline.ts';

/**
 * What this device holds of one room, in memory and in the vault. Every change is written before it counts, and changes run one
 * at a time in `serial`; a change that cannot be written leaves everything as it was.
 */
export class RoomStore {
  readonly deps: RoomDeps;
  readonly serial = new Serial();
  readonly keys: ContentKeys | null;
  readonly outbox: Outbox;
  readonly membersCheck: MembersCheck;
  readonly #group: StoredGroup;
  #record: RoomRecord;
  #chain: EpochChain | null;
  /** When each device's log was last found to be the same as this one's. */
  readonly #agreed = new Map<DeviceId, TimestampMs>();
  #said: Set<string> | null = null;
  #oldest: EpochIds | null = null;
  #erased = false;

  private constructor(
    deps: RoomDeps,
    record: RoomRecord,
    keys: ContentKeys | null,
    outbox: Outbox,
    group: StoredGroup,
    chain: EpochChain | null,
  ) {
    this.deps = deps;
    this.#record = record;
    this.keys = keys;
    this.outbox = outbox;
    this.membersCheck = new MembersCheck(deps);
    this.#group = group;
    this.#chain = chain;
  }

  static async open(deps: RoomDeps, stored: RoomRecord | RoomState): Promise<RoomStore> {
    const room = 'room' in stored ? stored.room : stored;
    const [group, outbox, vouched] = await Promise.all([
      StoredGroup.open(room.id, deps.vault),
      Outbox.open(room.id, deps.vault),
      deps.vault.get<readonly (Vouched | AccountId)[]>('meta', vouchedKey(room.id)),
    ]);
    // A thread that this device was creating when it stopped: its log has the answer from the first entry on.
    const fromStart = group.states.pending?.frame.type === 'create_thread';
    const { identities } = deps;
    const record =
      'room' in stored
        ? completeRecord(identities, stored)
        : freshRecord(stored, fromStart, completeVouched(identities, vouched ?? []));
    // Whom an earlier release accepted by account alone is from now on the identity that is pinned today, also if another one is pinned later.
    if ('room' in stored && stored.vouched.some((one) => typeof one === 'string')) {
      await deps.vault.write([{ store: 'rooms', key: room.id, value: record }]);
    }
    const keys = record.room.policy === 'shared' ? await ContentKeys.open(room.id, deps.vault) : null;
    const chain = await EpochChain.open(room.id, record.chain, record.cursor, deps.vault);
    return new RoomStore(deps, record, keys, outbox, group, chain);
  }

  /** A step that was under way when the room was erased must not bring it back, or write over its successor. */
  async #write(writes: readonly VaultWrite[], options?: { readonly durable: boolean }): Promise<void> {
    if (this.#erased) throw new OfflineError();
    await this.deps.vault.write(writes, options);
  }

  get record(): RoomRecord {
    return this.#record;
  }

  get group(): GroupState | null {
    return this.#group.states.current;
  }

  /** The hash of the log in the present epoch, where it is known. */
  get chain(): EpochChain | null {
    return this.#chain;
  }

  get pending(): PendingGroup | null {
    return this.#group.states.pending;
  }

  #show(rows: readonly TimelineRow[], removed: readonly RemovedRow[] = []): void {
    const { id } = this.#record.room;
    if (rows.length > 0 || removed.length > 0) this.deps.timelineChanged({ room: id, rows, removed });
    this.deps.roomChanged(id);
  }

  #recordWrite(record: RoomRecord): VaultWrite {
    return { store: 'rooms', key: record.room.id, value: record };
  }

  /**
   * Process the entries that follow the cursor, in order, as one step: process, persist state and plaintext in one
   * transaction, wipe what was consumed, show. Stops at a gap.
   */
  async apply(entries: readonly LogEntry[]): Promise<Draft | null> {
    const { cursor } = this.#record;
    if (cursor === null) return null;
    const draft = draftOf(this.#record, this.#group.states, this.#chain, this.#agreed);
    const said = this.keys === null ? new Set<string>() : await this.#saidInEpoch();
    const wasSaid = (key: string) => draft.record.epochSeq === this.#record.epochSeq && said.has(key);
    const { deps, keys, outbox, membersCheck } = this;
    const context = { deps, keys, outbox, membersCheck, wasSaid };
    let next = cursor + 1;
    for (const entry of entries) {
      if (entry.seq < next) continue;
      if (entry.seq > next) break;
      await applyEntry(context, draft, entry);
      next += 1;
    }
    if (next === cursor + 1) return null;
    const erased = await thinOut(deps, draft);
    const gone = erased.map(({ row }) => row);
    draft.record = { ...draft.record, ...withoutErased(draft.record, gone, deps.self.account) };
    const states: GroupStates = { current: draft.group, pending: draft.pending };
    const chain = EpochChain.writes(this.#record.room.id, this.#chain, draft.chain);
    draft.writes.push(...this.#group.writes(states), ...chain, this.#recordWrite(draft.record));
    await this.#write(draft.writes);
    this.#chain = draft.chain;
    if (this.#oldest !== null && compareEpochs(this.#oldest, this.#record.room) === 0) {
      // What the stretch said before its epoch ended is on disk, but not in the draft any more.
      if (draft.record.epochSeq !== this.#record.epochSeq) this.#oldest = null;
      else for (const key of draft.said) this.#oldest.ids.add(key);
    }
    if (draft.record.epochSeq !== this.#record.epochSeq) said.clear();
    for (const key of draft.said) said.add(key);
    this.#record = draft.record;
    this.#group.replace(states, draft.obsolete);
    for (const id of draft.delivered) this.outbox.forget(id);
    await this.showTouched(draft.touched, draft.rows, draft.parts);
    this.#tellArrived(draft, new Set(gone.map(({ key }) => key)));
    await this.#dropFiles(erased);
    return draft;
  }

  /** What belonged to messages that are gone. */
  async #dropFiles(erased: readonly ErasedRow[]): Promise<void> {
    const rows = erased.flatMap(({ row, hadFile }) => (hadFile ? row.key : []));
    if (rows.length > 0) await this.deps.files.remove(this.#record.room.id, rows);
  }

  /** The server says that messages up to `seq` are not kept any more (SPEC L9). */
  noteEmptied(seq: Seq): Promise<void> {
    return this.serial.run(() => this.save({ room: { ...this.#record.room, emptiedSeq: seq } }));
  }

  /** Store what was read of old entries, with the keys that opened them. */
  async saveOld(stretch: OldStretch, keyWrites: readonly VaultWrite[]): Promise<void> {
    const erased = await thinOut(this.deps, stretch);
    // Those that came with the stretch were never counted.
    const held = erased.flatMap(({ row, isNew }) => (isNew ? [] : row));
    const { record, writes } = stretch;
    const counts = withoutErased(record, held, this.deps.self.account);
    await this.save({ ...record, ...counts }, { writes: [...keyWrites, ...writes], removed: stretch.removed });
    // What was read may be of the present epoch, or of the oldest one.
    this.#said = null;
    this.#oldest = null;
    await this.#dropFiles(erased);
  }

  /** Show the messages at these places as they are now, together with `rows` of which more is known already, and further rows of entries. */
  async showTouched(
    touched: Iterable<number>,
    rows: readonly TimelineRow[] = [],
    parts: readonly TimelineRow[] = [],
  ): Promise<void> {
    const { id } = this.#record.room;
    const fresh = new Map(rows.flatMap((row) => (row.seq === null ? [] : [[row.seq as number, row]])));
    const seqs = [...new Set([...fresh.keys(), ...touched])].sort((a, b) => a - b);
    const stored = await Promise.all(
      seqs.map(async (seq) => (await this.deps.vault.get<EntryRecord>('entries', entryKey(id, seq)))?.row ?? []),
    );
    const present = stored.flat();
    const shown = await annotated(this.deps, id, this.outbox.items, present);
    const keys = new Set(shown.map((row) => row.key));
    this.#show([...shown, ...parts], present.filter((row) => !keys.has(row.key)).map(removed));
  }

  /** Messages of others that were not here before, for those who want to be told. */
  #tellArrived({ rows, record }: Draft, gone: ReadonlySet<string>): void {
    const present = rows.flatMap((row) =>
      row.kind === 'message' && !row.own && row.seq !== null && row.seq > record.readSeq && !gone.has(row.key)
        ? row
        : [],
    );
    if (present.length > 0) this.deps.arrived(record.room.id, present);
  }

  /** Ids of the messages of the present epoch, by device. */
  async #saidInEpoch(): Promise<Set<string>> {
    if (this.#said === null) {
      const { room } = this.#record;
      const held = await heldEpoch(this.deps.vault, room.id, 'newest');
      this.#said = new Set(held !== null && compareEpochs(held, room) === 0 ? held.ids : []);
    }
    return this.#said;
  }

  /** What is held of the epoch of the oldest message: a page from before has to fit to it (SPEC L3, L4). */
  async oldestEpoch(): Promise<EpochIds> {
    const { id, generation, epoch } = this.#record.room;
    this.#oldest ??= await heldEpoch(this.deps.vault, id, 'oldest');
    return this.#oldest ?? { generation, epoch, ids: new Set() };
  }

  /** A page from before is stored. */
  reachesBack(oldest: EpochIds): void {
    this.#oldest = oldest;
  }

  /** Change the record, together with `writes`, and show `rows`. */
  async save(
    change: Partial<RoomRecord>,
    {
      writes = [],
      rows = [],
      removed: gone = [],
    }: { writes?: readonly VaultWrite[]; rows?: readonly TimelineRow[]; removed?: readonly RemovedRow[] } = {},
  ): Promise<void> {
    const record = { ...this.#record, ...change };
    await this.#write([...writes, this.#recordWrite(record)]);
    this.#record = record;
    this.#show(rows, gone);
  }

  /** Whether a message was read that stands after `seq`. */
  async heardAfter(seq: Seq): Promise<boolean> {
    const { id } = this.#record.room;
    const range = { from: entryKey(id, seq + 1), to: prefixRange(`${id}/`).to };
    const after = await this.deps.vault.scan<EntryRecord>('entries', range);
    return after.some(({ value: { row } }) => row?.kind === 'message');
  }

  /** The server takes back a place that it named in the log: this device goes on from `to`, outside of the group. */
  async jumpBack(to: JumpedFrom): Promise<void> {
    await this.dropGroup('gap');
    await this.dropPending();
    const { change, ...rest } = await jumpBack(this.deps, this.#record, to);
    await this.save(change, rest);
    this.#said = null;
    this.#oldest = null;
  }

  /** Store a commit of ours before it is sent (SPEC R9). */
  async setPending(pending: PendingGroup): Promise<void> {
    const states = { ...this.#group.states, pending };
    await this.#write(this.#group.writes(states), { durable: true });
    this.#group.replace(states);
  }

  async dropPending(): Promise<void> {
    const states = { ...this.#group.states, pending: null };
    await this.#write(this.#group.writes(states));
    this.#group.replace(states);
  }

  /**
   * This device is not in the group any more, or cannot follow it: it has to enter again. The hash of the log goes on, unless the log itself has
   * a gap then.
   */
  async dropGroup(gap: 'gap' | 'no_gap' = 'no_gap'): Promise<void> {
    const kept = gap === 'gap' ? null : this.#chain;
    const record = { ...this.#record, group: null, chain: kept?.record ?? null, setBack: false };
    const states = { ...this.#group.states, current: null };
    const chain = EpochChain.writes(record.room.id, this.#chain, kept);
    await this.#write([...this.#group.writes(states), ...chain, this.#recordWrite(record)]);
    this.#group.replace(states);
    this.#chain = kept;
    this.#record = record;
    this.#show([]);
  }

  /** Take up the group of a Welcome; the log begins after the commit that it belongs to. */
  async enterByWelcome(welcomed: Welcomed): Promise<void> {
    const { state, keyPackage } = welcomed;
    const states = { ...this.#group.states, current: state };
    const entered = enteredByWelcome(this.deps, this.#record, welcomed);
    const { id } = this.#record.room;
    const writes = [...this.#group.writes(states), ...EpochChain.writes(id, this.#chain, entered.chain)];
    writes.push(await this.deps.stock.used(keyPackage.key));
    if (this.keys !== null) {
      const key = await this.deps.engine.exportSecret(state, contentKeyLabel, new Uint8Array(), contentKeyBytes);
      writes.push(this.keys.addOwn(welcomed.generation, welcomed.epoch, unshared(key)));
    }
    await this.#write([...writes, this.#recordWrite(entered.record)], { durable: true });
    this.#group.replace(states);
    this.#record = entered.record;
    this.#chain = entered.chain;
    this.#show([]);
  }

  /** Store what a message was sealed to, with the MLS state that this left behind, before it is sent. */
  async seal(item: OutboxRecord, sealed: NonNullable<OutboxRecord['sealed']>, group: GroupState | null): Promise<void> {
    if (this.#erased) throw new OfflineError();
    const states = { ...this.#group.states, current: group ?? this.group };
    await this.outbox.update({ ...item, sealed }, this.#group.writes(states));
    this.#group.replace(states);
  }

  /** Show outbox rows that changed, and take away those of `removed` keys. */
  async showPending(rows: readonly (TimelineRow | undefined)[], removed: readonly RemovedRow[] = []): Promise<void> {
    const { id } = this.#record.room;
    const shown = rows.flatMap((row) => row ?? []);
    this.#show(await Promise.all(shown.map((row) => completed(this.deps, id, row))), removed);
  }

  /** Whether an own message is still on its way. */
  isPending(id: EntryId): boolean {
    return this.outbox.find(id) !== undefined;
  }

  /** Everything of this room leaves this browser. */
  async erase(): Promise<void> {
    this.#erased = true;
    const { room, vouched } = this.#record;
    const { id } = room;
    const range = prefixRange(`${id}/`);
    const stores = ['entries', 'annotations', 'outbox', 'contentKeys', 'groups'] as const;
    const found = await Promise.all(
      stores.map(async (store) => (await this.deps.vault.keys(store, range)).map((key) => ({ store, key }))),
    );
    await this.deps.vault.write([
      ...found.flat(),
      { store: 'rooms', key: id },
      { store: 'drafts', key: id },
      // A thread that the server takes away and gives back is not met for the first time.
      ...(room.kind === 'thread' ? [{ store: 'meta', key: vouchedKey(id), value: vouched } as const] : []),
    ]);
    this.#group.replace(noStates);
    await this.deps.files.removeRoom(id);
  }
}
