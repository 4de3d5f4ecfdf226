import type { GroupState } from '@undertone/mls';
import { epoch, epochAuthenticator, groupContextHash, leafSignatures, members } from '@undertone/mls/profile';
import type { CommitEntry, DeviceId, Epoch, FoundEntry, Generation, RoomState } from '@undertone/protocol';
import { unshared } from '../bytes.ts';
import { contentKeyBytes, contentKeyLabel } from '../content/content-key.ts';
import type { ChainRecord, EpochFloor, RoomRecord } from '../storage/records.ts';
import type { ApplyContext } from './apply-context.ts';
import { type Draft, replaceGroup } from './draft.ts';
import { EpochChain } from './epoch-chain.ts';
import { groupIdOf } from './group-id.ts';
import { epochHash } from './log-hash.ts';
import { accountsIn } from './roster.ts';
import { identitiesOf } from './vouching.ts';

interface EpochId {
  readonly generation: Generation;
  readonly epoch: Epoch;
}

/** Whether an epoch lies behind what the log has led to (SPEC L1). */
export function leadsBack({ room }: RoomRecord, { generation, epoch: at }: EpochId): boolean {
  return generation < room.generation || (generation === room.generation && at < room.epoch);
}

/** This device does not hold the group any more, and has to enter again. */
export function leaveGroup(draft: Draft): void {
  replaceGroup(draft, null);
  draft.record = { ...draft.record, group: null };
}

/**
 * The hash of the new epoch's log (SPEC E1), and those of the epochs before where this device has them to their ends. It begins with what the
 * entry declares, also while this device is out: what members computed is the same, or it is a difference.
 */
function beginChain(draft: Draft, entry: CommitEntry | FoundEntry, at: EpochId): void {
  const { chain, record } = draft;
  const ends = chain?.head.seq === entry.seq - 1 ? chain.ends : [];
  const begun: ChainRecord = { ...at, start: entry.seq, startedAt: entry.at, ends };
  const group = groupIdOf(record.room, at.generation);
  draft.chain = EpochChain.begin(begun, epochHash(group, at.epoch, entry.authenticator, entry.seq));
  draft.record = { ...record, chain: begun };
}

/** Note that the room is in another epoch now, whether or not this device could follow. */
export function moveTo(draft: Draft, entry: CommitEntry | FoundEntry, at: Epoch, gone: readonly DeviceId[]): void {
  const { record } = draft;
  const { generation } = entry;
  const room = {
    ...record.room,
    generation,
    epoch: at,
    pendingRemovals: record.room.pendingRemovals.filter((device) => !gone.includes(device)),
  };
  draft.said.clear();
  draft.record = { ...record, room, epochSeq: entry.seq };
  beginChain(draft, entry, { generation, epoch: at });
}

/** The ended epoch has to be linked from a later one, by a device that holds its key (SPEC H5). */
export function noteEnded({ keys }: ApplyContext, draft: Draft): void {
  const { generation, epoch: at } = draft.record.room;
  if (keys === null || keys.keys(generation, at).length === 0) return;
  draft.record = { ...draft.record, unlinked: [...draft.record.unlinked, [generation, at]] };
}

/** What is kept of an epoch that this device holds, for when it has to enter again. */
export const floorOf = (group: GroupState, at: EpochId, kind: RoomState['kind']): EpochFloor => ({
  ...at,
  context: unshared(groupContextHash(group)),
  authenticator: unshared(epochAuthenticator(group)),
  leaves: kind === 'thread' ? [...leafSignatures(group).values()].map(unshared) : [],
});

/** Take up the draft's group as that of the room's present epoch: its content key, its members, its log. */
export async function adopted({ deps, keys }: ApplyContext, draft: Draft): Promise<void> {
  const { group, record } = draft;
  if (group === null) return;
  const { generation, pendingRemovals } = record.room;
  const at = { generation, epoch: epoch(group) as Epoch };
  // Those who are there when one first comes are accepted; later ones have to be added by a member who is.
  const first = !record.entered && record.vouched.length === 0;
  draft.record = {
    ...record,
    group: at,
    floor: floorOf(group, at, record.room.kind),
    setBack: false,
    entered: true,
    members: accountsIn(group, pendingRemovals),
    vouched: first ? identitiesOf(deps.identities, members(group)) : record.vouched,
  };
  if (keys === null) return;
  const key = await deps.engine.exportSecret(group, contentKeyLabel, new Uint8Array(), contentKeyBytes);
  draft.writes.push(keys.addOwn(generation, at.epoch, unshared(key)));
}
