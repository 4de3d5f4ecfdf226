import { type GroupState, MlsError } from '@undertone/mls';
import {
  epochAuthenticator,
  epoch as epochOf,
  groupId,
  inspectGroupInfo,
  type PendingCommit,
  welcomeReferences,
} from '@undertone/mls/profile';
import {
  type EntryId,
  type Epoch,
  equalBytes,
  type Generation,
  limits,
  ProtocolError,
  type RoomId,
  type RoomState,
  type Seq,
} from '@undertone/protocol';
import { unshared, utf8 } from '../bytes.ts';
import type { RoomRecord } from '../storage/records.ts';
import { loadIdentities } from './members-check.ts';
import { ask, type RoomDeps } from './room-deps.ts';
import { deviceOf } from './roster.ts';
import type { PendingGroup } from './stored-group.ts';

/**
 * The MLS group of a room's generation (SPEC R1). What kind of room it is stands in it, so that members who are told different
 * things by the server are not in one group.
 */
export const groupIdOf = (
  { id, kind, policy }: Pick<RoomState, 'id' | 'kind' | 'policy'>,
  generation: Generation,
): Uint8Array<ArrayBuffer> => utf8(`${id}/${generation}/${kind}/${policy}`);

export const newEntryId = (): EntryId => crypto.randomUUID() as EntryId;

export interface CommitChoices {
  /** Send the whole group info: the server could not apply a patch (SPEC R12). */
  readonly wholeGroupInfo: boolean;
  readonly external?: boolean;
  readonly repair?: boolean;
}

async function nextGroupInfo(deps: RoomDeps, { state, groupInfoPatch }: PendingCommit, whole: boolean) {
  const { splices, hash } = groupInfoPatch;
  if (whole || splices.length > limits.groupInfoMaxSplices) {
    return { groupInfo: unshared(await deps.engine.groupInfo(state)) };
  }
  const tuples = splices.map(({ offset, remove, insert }): [number, number, typeof insert] => [offset, remove, insert]);
  return { groupInfoPatch: { splices: tuples, sha256: hash } };
}

/** The frame and state of a commit that is about to be sent, as they are stored first (SPEC R9). */
export async function pendingCommit(
  deps: RoomDeps,
  pending: PendingCommit,
  at: { readonly room: RoomId; readonly generation: Generation; readonly epoch: Epoch },
  { wholeGroupInfo, external = false, repair = false }: CommitChoices,
): Promise<PendingGroup> {
  return {
    frame: {
      type: 'commit',
      ...at,
      id: newEntryId(),
      external,
      commit: unshared(pending.commit),
      ...(pending.welcome === undefined ? {} : { welcome: unshared(pending.welcome) }),
      ...(await nextGroupInfo(deps, pending, wholeGroupInfo)),
      added: pending.added.map((member) => deviceOf(member).device),
      removed: pending.removed.map((member) => deviceOf(member).device),
      authenticator: unshared(epochAuthenticator(pending.state)),
    },
    state: pending.state,
    repair,
  };
}

/** Begin a new group for the room with this device alone in it (SPEC R1, R8). */
export async function foundGroup(deps: RoomDeps, record: RoomRecord): Promise<PendingGroup> {
  const room = record.room.id;
  const generation = (record.room.generation + 1) as Generation;
  const state = await deps.engine.createGroup(groupIdOf(record.room, generation));
  return {
    frame: {
      type: 'found',
      room,
      generation,
      id: newEntryId(),
      groupInfo: unshared(await deps.engine.groupInfo(state)),
      authenticator: unshared(epochAuthenticator(state)),
    },
    state,
    repair: generation > 1,
  };
}

/**
 * Enter the present group from outside, over a former leaf of this device if there is one (SPEC R7). With `later`, whoever adopts the
 * state has its members verified first (`MembersCheck`).
 */
export async function enterFromOutside(
  deps: RoomDeps,
  record: RoomRecord,
  { wholeGroupInfo, verifyMembers }: { readonly wholeGroupInfo: boolean; readonly verifyMembers: 'now' | 'later' },
): Promise<PendingGroup> {
  const room = record.room.id;
  const { groupInfo, generation, epoch } = await ask(deps, { type: 'group', room }, 'group');
  const described = inspectGroupInfo(groupInfo);
  const expected = groupIdOf(record.room, generation);
  if (described.epoch !== epoch || !equalBytes(described.groupId, expected)) {
    throw new MlsError('invalid_group_info', 'group info of another group or epoch');
  }
  if (verifyMembers === 'now') await loadIdentities(deps, described.members);
  const pending = await deps.engine.joinExternal(groupInfo, { resync: true, verifyMembers });
  const choices = { wholeGroupInfo, external: true, repair: record.entered };
  return await pendingCommit(deps, pending, { room, generation, epoch }, choices);
}

/** A group joined by Welcome, with the place in the log from which this device can follow. */
export interface Welcomed {
  readonly state: GroupState;
  readonly generation: Generation;
  readonly epoch: Epoch;
  readonly seq: Seq;
  /** To be forgotten with the first write, unless it is the last-resort one. */
  readonly keyPackage: { readonly key: string; readonly lastResort: boolean };
}

/** Use the Welcome that waits for this device; `undefined` if it is of no use (for keys that are gone, or not what it should be). */
export async function useWelcome(deps: RoomDeps, room: RoomState): Promise<Welcomed | undefined> {
  const { welcome, generation, epoch, seq } = await ask(deps, { type: 'welcome', room: room.id }, 'welcome');
  try {
    const own = await deps.stock.find(welcomeReferences(welcome));
    if (own === undefined) return undefined;
    const state = await deps.engine.joinFromWelcome(welcome, own.record);
    if (!equalBytes(groupId(state), groupIdOf(room, generation)) || epochOf(state) !== epoch) return undefined;
    return { state, generation, epoch, seq, keyPackage: { key: own.key, lastResort: own.record.lastResort } };
  } catch (error) {
    if (error instanceof MlsError && error.code !== 'authentication_unavailable') return undefined;
    throw error;
  }
}

/** Whether a failure means that the stored group itself is of no use, rather than the connection. */
export const isBrokenGroup = (error: unknown): boolean =>
  (error instanceof MlsError && error.code !== 'authentication_unavailable') ||
  (error instanceof ProtocolError && error.code === 'roster_mismatch');
