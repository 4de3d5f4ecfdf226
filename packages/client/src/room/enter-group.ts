import { signFounding } from '@undertone/identity';
import { type GroupState, MlsError } from '@undertone/mls';
import {
  epochAuthenticator,
  epoch as epochOf,
  type GroupInfoDescription,
  groupId,
  inspectGroupInfo,
  type PendingCommit,
  welcomeReferences,
} from '@undertone/mls/profile';
import {
  type AccountId,
  type EntryId,
  type Epoch,
  equalBytes,
  type Generation,
  limits,
  ProtocolError,
  type RoomId,
  type Seq,
} from '@undertone/protocol';
import { unshared } from '../bytes.ts';
import type { RoomRecord } from '../storage/records.ts';
import { leadsBack } from './apply-epoch.ts';
import { groupIdOf } from './group-id.ts';
import { sha256Of } from './log-hash.ts';
import { loadIdentities } from './members-check.ts';
import { compareEpochs } from './origins.ts';
import { ask, type RoomDeps } from './room-deps.ts';
import { deviceOf } from './roster.ts';
import type { PendingGroup } from './stored-group.ts';

export const newEntryId = (): EntryId => crypto.randomUUID() as EntryId;

interface EpochAt {
  readonly generation: Generation;
  readonly epoch: Epoch;
}

export interface CommitChoices {
  /** Send the whole group info: the server could not apply a patch (SPEC R12). */
  readonly wholeGroupInfo: boolean;
  readonly external?: boolean;
  readonly repair?: boolean;
  /** Accounts that are added by a last-resort key package. */
  readonly lastResort?: readonly AccountId[];
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
  { wholeGroupInfo, external = false, repair = false, lastResort = [] }: CommitChoices,
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
    ...(lastResort.length === 0 ? {} : { lastResort }),
  };
}

/**
 * Begin a new group for the room with this device alone in it, signed so that others believe it (SPEC R1, R8, R13): after generation `after`, and all
 * that this device held.
 */
export async function foundGroup(deps: RoomDeps, record: RoomRecord, after: Generation): Promise<PendingGroup> {
  const { floor } = record;
  const room = record.room.id;
  const generation = (Math.max(after, floor?.generation ?? 0) + 1) as Generation;
  const state = await deps.engine.createGroup(groupIdOf(record.room, generation));
  const groupInfo = unshared(await deps.engine.groupInfo(state));
  const authenticator = unshared(epochAuthenticator(state));
  const held = floor?.generation === generation - 1;
  const last = held ? { epoch: floor.epoch, authenticator: floor.authenticator } : null;
  const founding = { room, generation, last, groupInfoHash: sha256Of(groupInfo), authenticator };
  return {
    frame: {
      type: 'found',
      room,
      generation,
      id: newEntryId(),
      groupInfo,
      authenticator,
      last,
      signature: await signFounding(deps.signingKey, founding),
    },
    state,
    repair: generation > 1,
  };
}

/**
 * Whether a group info may be entered by (SPEC R15): none from before what the log led to, where who was locked out since would follow again,
 * also by commits that this device read while it was out; and of an epoch that it held only that very one.
 */
function assertNotPast(record: RoomRecord, { generation, epoch }: EpochAt, info: Uint8Array): void {
  const { floor, founding } = record;
  const { contextHash } = inspectGroupInfo(info);
  const past = (sentence: string): never => {
    throw new MlsError('invalid_group_info', sentence);
  };
  if (leadsBack(record, { generation, epoch })) past('group info of an epoch that the log has ended');
  if (floor !== null && generation < floor.generation) past('group info of a generation that is over');
  if (floor !== null && generation === floor.generation) {
    if (epoch < floor.epoch) past('group info of an epoch that is over');
    if (epoch === floor.epoch && !equalBytes(contextHash, floor.context)) past('group info of another branch');
  }
  if (founding?.generation === generation && epoch === 0 && !equalBytes(sha256Of(info), founding.groupInfoHash)) {
    past('not the group info that the founder signed');
  }
}

/**
 * Whether a group info is of a generation that this device may go on to (SPEC R13, R15). The log leads from one to the next by foundings that a
 * member signed. Where it did not, as when the founder's keys cannot be had any more, a member who is known has to have signed the group info:
 * a generation that a server made up by itself would bar every true one.
 */
function assertNotMadeUp(record: RoomRecord, generation: Generation, { members, signer }: GroupInfoDescription): void {
  if (generation === record.room.generation || record.members.length === 0) return;
  const leaf = members.find(({ leafIndex }) => leafIndex === signer);
  // No further than the very next one, so that a member who helps a lying server bars no more than that.
  const next = generation === record.room.generation + 1;
  if (next && leaf !== undefined && record.members.includes(deviceOf(leaf).account)) return;
  throw new MlsError('invalid_group_info', 'group info of a generation that no member is known to be in');
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
  assertNotPast(record, { generation, epoch }, groupInfo);
  assertNotMadeUp(record, generation, described);
  // Its signer counts above, so it has to be who its leaf says before anything is sent.
  const verify = generation === record.room.generation ? verifyMembers : 'now';
  if (verify === 'now') await loadIdentities(deps, described.members);
  const pending = await deps.engine.joinExternal(groupInfo, { resync: true, verifyMembers: verify });
  const choices = { wholeGroupInfo, external: true, repair: record.entered };
  return await pendingCommit(deps, pending, { room, generation, epoch }, choices);
}

/** A group joined by Welcome, with the place in the log from which this device can follow. */
export interface Welcomed {
  readonly state: GroupState;
  readonly generation: Generation;
  readonly epoch: Epoch;
  readonly seq: Seq;
  /** The one that the Welcome used, by its key in the stock. */
  readonly keyPackage: { readonly key: string; readonly lastResort: boolean };
}

/** Use the Welcome that waits for this device; `undefined` if it is of no use: for keys that are gone, an epoch that is over, or another group. */
export async function useWelcome(
  deps: RoomDeps,
  { room, floor }: RoomRecord,
  head: Seq,
): Promise<Welcomed | undefined> {
  const { welcome, generation, epoch, seq } = await ask(deps, { type: 'welcome', room: room.id }, 'welcome');
  const over = floor !== null && compareEpochs({ generation, epoch }, floor) <= 0;
  // It belongs to a commit in the log, which reaches to `head`.
  if (over || seq > head) return undefined;
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
