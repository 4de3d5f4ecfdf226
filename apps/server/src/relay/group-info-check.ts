import { ProtocolError, type RoomId } from '@undertone/protocol';
import { type GroupInfoClaim, groupInfoProblem } from '../mls/group-info.ts';

/** SPEC R13: fail with `invalid_group_info` where members could not use the group info of the epoch that begins. */
export function requireGroupInfo(
  groupInfo: Uint8Array,
  claim: Omit<GroupInfoClaim, 'room'> & { readonly id: RoomId },
): void {
  const { id: room, kind, policy, generation, epoch, signatureKey } = claim;
  const reason = groupInfoProblem(groupInfo, { room, kind, policy, generation, epoch, signatureKey });
  if (reason !== undefined) throw new ProtocolError('invalid_group_info', { reason });
}
