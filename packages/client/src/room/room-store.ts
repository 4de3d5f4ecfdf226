import { encodeState, type GroupState, MlsError, wipeState } from '@undertone/mls';
import type { AccountId, EntryId, LogEntry, RoomState, Seq } from '@undertone/protocol';
import { prefixRange, type VaultWrite } from '@undertone/vault';
import { unshared } from '../bytes.ts';
import { contentKeyBytes, contentKeyLabel } from '../content/content-key.ts';
import { OfflineError } from '../rest/rest-client.ts';
import {
  type EntryRecord,
  entryKey,
  type OutboxRecord,
  type PendingRecord,
  pendingKey,
  type RoomRecord,
  vouchedKey,
} from '../storage/records.ts';
import type { TimelineRow } from '../view/index.ts';
import { applyEntry, saidKey } from './apply-entry.ts';
import { ContentKeys } from './content-keys.ts';
import { type Draft, draftOf } from './draft.ts';
import type { Welcomed } from './enter-group.ts';
import { Outbox } from './outbox.ts';
import type { RoomDeps } from './room-deps.ts';
import { accountsIn } from './roster.ts';
import { Serial } from './serial.ts';

/** The record of a room that this device has not seen before. */
export function freshRecord(state: RoomState, fromStart: boolean, vouched: readonly AccountId[]): RoomRecord {
  // What this device created it knows better than the server.
  const room: RoomState = fromStart ? { ...state, kind: 'thread', policy: 'sealed' } : state;
  const cursor = room.welcome ? null : ((fromStart ? 0 : room.head) as Seq);
  const first = ((cursor ?? room.joinedSeq) + 1) as Seq;
  return {
    room,
    cursor,
    first,
    group: null,
    entered: false,
    members: [],
    vouched,
    epochSeq: cursor ?? room.joinedSeq,
    readSeq: cursor ?? room.joinedSeq,
    unread: 0,
    lastMessage: null,
    lastActivityAt: room.createdAt,
    unlinked: [],
    waiting: 0,
  };
}

/** A stored MLS state; one that cannot be read costs this room a new entry (SPEC R7), not the whole session. */
function restored(deps: RoomDeps, state: Uint8Array<ArrayBuffer>): GroupState | null {
  try {
    return deps.engine.restoreState(state);
  } catch (error) {
    if (error instanceof MlsError) return null;
    throw error;
  }
}

/**
 * What this device holds of one room, in memory and in the vault. Every change is written before it counts, and changes run one
 * at a time in `serial`; a change that cannot be written leaves everything as it was.
 */
export class RoomStore {
  readonly deps: RoomDeps;
  readonly serial = new Serial();
  readonly keys: ContentKeys | null;
  readonly outbox: Outbox;
  #record: RoomRecord;
  #group: GroupState | null;
  #pending: PendingRecord | null;
  #said: Set<string> | null = null;
  #erased = false;

  private constructor(
    deps: RoomDeps,
    record: RoomRecord,
    keys: ContentKeys | null,
    outbox: Outbox,
    group: GroupState | null,
    pending: PendingRecord | null,
  ) {
    this.deps = deps;
    this.#record = record;
    this.keys = keys;
    this.outbox = outbox;
    this.#group = group;
    this.#pending = pending;
  }

  static async open(deps: RoomDeps, stored: RoomRecord | RoomState): Promise<RoomStore> {
    const room = 'room' in stored ? stored.room : stored;
    const [state, pending, outbox, vouched] = await Promise.all([
      deps.vault.get<Uint8Array<ArrayBuffer>>('groups', room.id),
      deps.vault.get<PendingRecord>('groups', pendingKey(room.id)),
      Outbox.open(room.id, deps.vault),
      deps.vault.get<readonly AccountId[]>('meta', vouchedKey(room.id)),
    ]);
    // A thread that this device was creating when it stopped: its log has the answer from the first entry on.
    const fromStart = pending?.frame.type === 'create_thread';
    const record = 'room' in stored ? stored : freshRecord(stored, fromStart, vouched ?? []);
    const keys = record.room.policy === 'shared' ? await ContentKeys.open(room.id, deps.vault) : null;
    const group = state !== undefined && record.group !== null ? restored(deps, state) : null;
    return new RoomStore(deps, record, keys, outbox, group, pending ?? null);
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
    return this.#group;
  }

  get pending(): PendingRecord | null {
    return this.#pending;
  }

  #show(rows: readonly TimelineRow[], removed: readonly string[] = []): void {
    const { id } = this.#record.room;
    if (rows.length > 0 || removed.length > 0) this.deps.timelineChanged({ room: id, rows, removed });
    this.deps.roomChanged(id);
  }

  #groupWrite(group: GroupState | null): VaultWrite {
    const key = this.#record.room.id;
    return group === null ? { store: 'groups', key } : { store: 'groups', key, value: unshared(encodeState(group)) };
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
    const draft = draftOf(this.#record, this.#group, this.#pending);
    const said = this.keys === null ? new Set<string>() : await this.#saidInEpoch();
    const wasSaid = (key: string) => draft.record.epochSeq === this.#record.epochSeq && said.has(key);
    const context = { deps: this.deps, keys: this.keys, outbox: this.outbox, wasSaid };
    let next = cursor + 1;
    for (const entry of entries) {
      if (entry.seq < next) continue;
      if (entry.seq > next) break;
      await applyEntry(context, draft, entry);
      next += 1;
    }
    if (next === cursor + 1) return null;
    if (draft.group !== this.#group) draft.writes.push(this.#groupWrite(draft.group));
    if (draft.pending !== this.#pending) {
      draft.writes.push({ store: 'groups', key: pendingKey(draft.record.room.id) });
    }
    draft.writes.push(this.#recordWrite(draft.record));
    await this.#write(draft.writes);
    if (draft.record.epochSeq !== this.#record.epochSeq) said.clear();
    for (const key of draft.said) said.add(key);
    this.#record = draft.record;
    this.#group = draft.group;
    this.#pending = draft.pending;
    for (const id of draft.delivered) this.outbox.forget(id);
    for (const state of draft.obsolete) wipeState(state, this.#group ?? undefined);
    this.#show(draft.rows);
    return draft;
  }

  /** Ids of the messages of the present epoch, by device. */
  async #saidInEpoch(): Promise<Set<string>> {
    if (this.#said === null) {
      const { room, epochSeq } = this.#record;
      const range = { from: entryKey(room.id, epochSeq + 1), to: prefixRange(`${room.id}/`).to };
      const stored = await this.deps.vault.scan<EntryRecord>('entries', range);
      this.#said = new Set(
        stored.flatMap(({ value: { row, sealed } }) => sealed ?? (row.kind === 'message' ? row : [])).map(saidKey),
      );
    }
    return this.#said;
  }

  /** Change the record, together with `writes`, and show `rows`. */
  async save(
    change: Partial<RoomRecord>,
    { writes = [], rows = [] }: { writes?: readonly VaultWrite[]; rows?: readonly TimelineRow[] } = {},
  ): Promise<void> {
    const record = { ...this.#record, ...change };
    await this.#write([...writes, this.#recordWrite(record)]);
    this.#record = record;
    this.#show(rows);
  }

  /** Store a commit of ours before it is sent (SPEC R9). */
  async setPending(pending: PendingRecord): Promise<void> {
    const write = { store: 'groups', key: pendingKey(this.#record.room.id), value: pending } as const;
    await this.#write([write], { durable: true });
    this.#pending = pending;
  }

  async dropPending(): Promise<void> {
    await this.#write([{ store: 'groups', key: pendingKey(this.#record.room.id) }]);
    this.#pending = null;
  }

  /** This device is not in the group any more, or cannot follow it: it has to enter again. */
  async dropGroup(): Promise<void> {
    const record = { ...this.#record, group: null };
    await this.#write([this.#groupWrite(null), this.#recordWrite(record)]);
    if (this.#group !== null) wipeState(this.#group);
    this.#group = null;
    this.#record = record;
    this.#show([]);
  }

  /** Take up the group of a Welcome; the log begins after the commit that it belongs to. */
  async enterByWelcome(welcomed: Welcomed): Promise<void> {
    const { state, generation, epoch, seq, keyPackage } = welcomed;
    const writes: VaultWrite[] = [this.#groupWrite(state)];
    if (!keyPackage.lastResort) writes.push({ store: 'keyPackages', key: keyPackage.key });
    if (this.keys !== null) {
      const key = await this.deps.engine.exportSecret(state, contentKeyLabel, new Uint8Array(), contentKeyBytes);
      writes.push(this.keys.addOwn(generation, epoch, unshared(key)));
    }
    const { room } = this.#record;
    const record: RoomRecord = {
      ...this.#record,
      room: { ...room, generation, epoch, welcome: false, pendingRemovals: [] },
      cursor: seq,
      first: (seq + 1) as Seq,
      readSeq: seq,
      group: { generation, epoch },
      entered: true,
      members: accountsIn(state, []),
      vouched: this.#record.vouched.length > 0 ? this.#record.vouched : accountsIn(state, []),
      epochSeq: seq,
    };
    await this.#write([...writes, this.#recordWrite(record)], { durable: true });
    this.#group = state;
    this.#record = record;
    this.#show([]);
  }

  /** Store what a message was sealed to, with the MLS state that this left behind, before it is sent. */
  async seal(item: OutboxRecord, sealed: NonNullable<OutboxRecord['sealed']>, group: GroupState | null): Promise<void> {
    const writes = group === null ? [] : [this.#groupWrite(group)];
    if (this.#erased) throw new OfflineError();
    await this.outbox.update({ ...item, sealed }, writes);
    if (group === null) return;
    if (this.#group !== null) wipeState(this.#group, group);
    this.#group = group;
  }

  /** Show outbox rows that changed, and take away those of `removed` keys. */
  showPending(rows: readonly TimelineRow[], removed: readonly string[] = []): void {
    this.#show(rows, removed);
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
    const stores = ['entries', 'outbox', 'contentKeys'] as const;
    const found = await Promise.all(
      stores.map(async (store) => (await this.deps.vault.keys(store, range)).map((key) => ({ store, key }))),
    );
    await this.deps.vault.write([
      ...found.flat(),
      { store: 'rooms', key: id },
      { store: 'drafts', key: id },
      { store: 'groups', key: id },
      { store: 'groups', key: pendingKey(id) },
      // A thread that the server takes away and gives back is not met for the first time.
      ...(room.kind === 'thread' ? [{ store: 'meta', key: vouchedKey(id), value: vouched } as const] : []),
    ]);
    if (this.#group !== null) wipeState(this.#group);
    this.#group = null;
  }
}
