import type { GroupState } from '@undertone/mls';
import type { AccountId, EntryId, LogEntry, RoomState, Seq } from '@undertone/protocol';
import { prefixRange, type VaultWrite } from '@undertone/vault';
import { unshared } from '../bytes.ts';
import { contentKeyBytes, contentKeyLabel } from '../content/content-key.ts';
import { OfflineError } from '../rest/rest-client.ts';
import { type EntryRecord, entryKey, type OutboxRecord, type RoomRecord, vouchedKey } from '../storage/records.ts';
import type { TimelineRow } from '../view/index.ts';
import { applyEntry, saidKey } from './apply-entry.ts';
import { ContentKeys } from './content-keys.ts';
import { type Draft, draftOf } from './draft.ts';
import type { Welcomed } from './enter-group.ts';
import { MembersCheck } from './members-check.ts';
import { Outbox } from './outbox.ts';
import type { RoomDeps } from './room-deps.ts';
import { accountsIn } from './roster.ts';
import { Serial } from './serial.ts';
import { type GroupStates, noStates, type PendingGroup, StoredGroup } from './stored-group.ts';

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
  #said: Set<string> | null = null;
  #erased = false;

  private constructor(
    deps: RoomDeps,
    record: RoomRecord,
    keys: ContentKeys | null,
    outbox: Outbox,
    group: StoredGroup,
  ) {
    this.deps = deps;
    this.#record = record;
    this.keys = keys;
    this.outbox = outbox;
    this.membersCheck = new MembersCheck(deps);
    this.#group = group;
  }

  static async open(deps: RoomDeps, stored: RoomRecord | RoomState): Promise<RoomStore> {
    const room = 'room' in stored ? stored.room : stored;
    const [group, outbox, vouched] = await Promise.all([
      StoredGroup.open(room.id, deps.vault),
      Outbox.open(room.id, deps.vault),
      deps.vault.get<readonly AccountId[]>('meta', vouchedKey(room.id)),
    ]);
    // A thread that this device was creating when it stopped: its log has the answer from the first entry on.
    const fromStart = group.states.pending?.frame.type === 'create_thread';
    const record = 'room' in stored ? stored : freshRecord(stored, fromStart, vouched ?? []);
    const keys = record.room.policy === 'shared' ? await ContentKeys.open(room.id, deps.vault) : null;
    return new RoomStore(deps, record, keys, outbox, group);
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

  get pending(): PendingGroup | null {
    return this.#group.states.pending;
  }

  #show(rows: readonly TimelineRow[], removed: readonly string[] = []): void {
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
    const draft = draftOf(this.#record, this.#group.states);
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
    const states: GroupStates = { current: draft.group, pending: draft.pending };
    draft.writes.push(...this.#group.writes(states), this.#recordWrite(draft.record));
    await this.#write(draft.writes);
    if (draft.record.epochSeq !== this.#record.epochSeq) said.clear();
    for (const key of draft.said) said.add(key);
    this.#record = draft.record;
    this.#group.replace(states, draft.obsolete);
    for (const id of draft.delivered) this.outbox.forget(id);
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

  /** This device is not in the group any more, or cannot follow it: it has to enter again. */
  async dropGroup(): Promise<void> {
    const record = { ...this.#record, group: null };
    const states = { ...this.#group.states, current: null };
    await this.#write([...this.#group.writes(states), this.#recordWrite(record)]);
    this.#group.replace(states);
    this.#record = record;
    this.#show([]);
  }

  /** Take up the group of a Welcome; the log begins after the commit that it belongs to. */
  async enterByWelcome(welcomed: Welcomed): Promise<void> {
    const { state, generation, epoch, seq, keyPackage } = welcomed;
    const states = { ...this.#group.states, current: state };
    const writes = this.#group.writes(states);
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
    this.#group.replace(states);
    this.#record = record;
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
    const stores = ['entries', 'outbox', 'contentKeys', 'groups'] as const;
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
  }
}
