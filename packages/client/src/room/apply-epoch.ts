import type { GroupState } from '@undertone/mls';
import { epoch, epochAuthenticator, groupContextHash, groupId, members } from '@undertone/mls/profile';
import type { CommitEntry, DeviceId, Epoch, FoundEntry, Generation } from '@undertone/protocol';
import { unshared } from '../bytes.ts';
import { contentKeyBytes, contentKeyLabel } from '../content/content-key.ts';
import type { ChainRecord, EpochFloor, RoomRecord } from '../storage/records.ts';
import type { ApplyContext } from './apply-context.ts';
import { type Draft, replaceGroup } from './draft.ts';
import { EpochChain } from './epoch-chain.ts';
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
  draft.chain = null;
  draft.record = { ...draft.record, group: null, chain: null };
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
}

/** The ended epoch has to be linked from a later one, by a device that holds its key (SPEC H5). */
export function noteEnded({ keys }: ApplyContext, draft: Draft): void {
  const { generation, epoch: at } = draft.record.room;
  if (keys === null || keys.keys(generation, at).length === 0) return;
  draft.record = { ...draft.record, unlinked: [...draft.record.unlinked, [generation, at]] };
}

/** What is kept of an epoch that this device holds, for when it has to enter again. */
export const floorOf = (group: GroupState, at: EpochId): EpochFloor => ({
  ...at,
  context: unshared(groupContextHash(group)),
  authenticator: unshared(epochAuthenticator(group)),
});

/** The hash of the new epoch's log, and that of the one before where this device has it to its end (SPEC E1). */
function beginChain(draft: Draft, entry: CommitEntry | FoundEntry, at: EpochId): void {
  const { group, chain } = draft;
  if (group === null) return;
  const previous = chain?.isOf(at.generation, (at.epoch - 1) as Epoch) ? chain.head.hash : new Uint8Array(0);
  const record: ChainRecord = { ...at, start: entry.seq, startedAt: entry.at, previous };
  const authenticator = epochAuthenticator(group);
  draft.chain = EpochChain.begin(record, epochHash(groupId(group), at.epoch, authenticator, entry.seq));
}

/** Take up the draft's group as that of the room's present epoch: its content key, its members, its log. */
export async function adopted(
  { deps, keys }: ApplyContext,
  draft: Draft,
  entry: CommitEntry | FoundEntry,
): Promise<void> {
  const { group, record } = draft;
  if (group === null) return;
  const { generation, pendingRemovals } = record.room;
  const at = { generation, epoch: epoch(group) as Epoch };
  beginChain(draft, entry, at);
  // Those who are there when one first comes are accepted; later ones have to be added by a member who is.
  const first = !record.entered && record.vouched.length === 0;
  draft.record = {
    ...record,
    group: at,
    floor: floorOf(group, at),
    jumpedFrom: null,
    chain: draft.chain?.record ?? null,
    setBack: false,
    entered: true,
    members: accountsIn(group, pendingRemovals),
    vouched: first ? identitiesOf(deps.identities, members(group)) : record.vouched,
  };
  if (keys === null) return;
  const key = await deps.engine.exportSecret(group, contentKeyLabel, new Uint8Array(), contentKeyBytes);
  draft.writes.push(keys.addOwn(generation, at.epoch, unshared(key)));
}
