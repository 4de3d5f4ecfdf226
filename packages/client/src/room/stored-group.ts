import {
  type GroupState,
  MlsError,
  readStoredStates,
  type StoredStates,
  storedChanges,
  wipeState,
} from '@undertone/mls';
import type { RoomId } from '@undertone/protocol';
import { prefixRange, type Vault, type VaultWrite } from '@undertone/vault';
import { groupStateKey, type PendingRecord, pendingKey } from '../storage/records.ts';

/** A commit of ours under way, with the MLS state to adopt with it. */
export interface PendingGroup extends PendingRecord {
  readonly state: GroupState;
}

/** The MLS states of a room: that of the present epoch, and that of the epoch which a commit of ours would begin. */
export interface GroupStates {
  readonly current: GroupState | null;
  readonly pending: PendingGroup | null;
}

export const noStates: GroupStates = { current: null, pending: null };

const named = ({ current, pending }: GroupStates): StoredStates => ({
  ...(current === null ? {} : { current }),
  ...(pending === null ? {} : { pending: pending.state }),
});

const kept = (states: GroupStates): GroupState[] => Object.values(named(states));

function pendingWrite(room: RoomId, pending: PendingGroup | null): VaultWrite {
  const place = { store: 'groups', key: pendingKey(room) } as const;
  if (pending === null) return place;
  const { state: _, ...value } = pending;
  return { ...place, value: value satisfies PendingRecord };
}

/** What puts `after` in the place of `before` in the vault: only the records that differ. */
export function groupWrites(room: RoomId, before: GroupStates, after: GroupStates): VaultWrite[] {
  const states = storedChanges(named(before), named(after)).map(
    ({ key, value }): VaultWrite => ({ store: 'groups', key: groupStateKey(room, key), value }),
  );
  return after.pending === before.pending ? states : [...states, pendingWrite(room, after.pending)];
}

/** The stored states; null where they cannot be read. */
function readStates(records: ReadonlyMap<string, Uint8Array>): StoredStates | null {
  try {
    return readStoredStates(records);
  } catch (error) {
    if (error instanceof MlsError) return null;
    throw error;
  }
}

/**
 * The MLS states of one room, in memory as they are in the vault. A step asks for the `writes` that lead to its new states, writes
 * them with all else that belongs to it, and then makes them count with `replace`, which overwrites the secrets that are not needed.
 */
export class StoredGroup {
  readonly #room: RoomId;
  #states: GroupStates;
  /** Records that nobody can read; the next step removes them. */
  #unreadable: readonly string[];
  /** States that are not needed any more and are still to be overwritten. */
  readonly #retired = new Set<GroupState>();

  private constructor(room: RoomId, states: GroupStates, unreadable: readonly string[]) {
    this.#room = room;
    this.#states = states;
    this.#unreadable = unreadable;
  }

  /** States that cannot be read count as lost: that costs this room a new entry (SPEC R7), not the whole session. */
  static async open(room: RoomId, vault: Vault): Promise<StoredGroup> {
    const prefix = groupStateKey(room, '');
    const [record, stored] = await Promise.all([
      vault.get<PendingRecord>('groups', pendingKey(room)),
      vault.scan<Uint8Array>('groups', prefixRange(prefix)),
    ]);
    const states = readStates(new Map(stored.map(({ key, value }) => [key.slice(prefix.length), value])));
    // Both are written together: one without the other is of no use.
    if (states === null || (record === undefined) !== (states.pending === undefined)) {
      return new StoredGroup(room, noStates, [...stored.map(({ key }) => key), pendingKey(room)]);
    }
    const { current = null, pending: state } = states;
    const pending = record === undefined || state === undefined ? null : { ...record, state };
    return new StoredGroup(room, { current, pending }, []);
  }

  get states(): GroupStates {
    return this.#states;
  }

  /** What has to be written before `next` may count. */
  writes(next: GroupStates): VaultWrite[] {
    const removals = this.#unreadable.map((key): VaultWrite => ({ store: 'groups', key }));
    return [...removals, ...groupWrites(this.#room, this.#states, next)];
  }

  /**
   * The writes are done: `next` counts. `between`: states that lay between the former and these. A pending state shares keys with the
   * current one, and `wipeState` spares what one other state uses, so while there are both nothing is overwritten yet.
   */
  replace(next: GroupStates, between: readonly GroupState[] = []): void {
    const [first, second] = kept(next);
    for (const state of [...kept(this.#states), ...between]) this.#retired.add(state);
    this.#states = next;
    this.#unreadable = [];
    if (second !== undefined) return;
    for (const state of this.#retired) wipeState(state, first);
    this.#retired.clear();
  }
}
