import { copyBytes } from '../codec/bytes.ts';
import { guardedSync, MlsError } from '../errors.ts';
import { treeOfGroupInfo } from '../group/group-info.ts';
import type { GroupInfo } from '../messages/group-info.ts';
import { decodeMlsMessage } from '../messages/mls-message.ts';
import { wireFormats } from '../messages/numbers.ts';
import type { RatchetTree } from '../tree/ratchet-tree.ts';
import { epochNumber, membersOfTree } from './members.ts';
import type { Member } from './types.ts';
import { assertProfileContext } from './undertone-policy.ts';

/** Decodes a group info and its tree, and checks their form. Nothing is verified yet. */
export function decodeGroupInfo(bytes: Uint8Array): { groupInfo: GroupInfo; tree: RatchetTree } {
  const message = decodeMlsMessage(bytes);
  if (message.wireFormat !== wireFormats.groupInfo) throw new MlsError('unexpected_content', 'not a group info');
  const { groupInfo } = message;
  assertProfileContext(groupInfo.groupContext);
  return { groupInfo, tree: treeOfGroupInfo(groupInfo, undefined) };
}

export interface GroupInfoDescription {
  groupId: Uint8Array;
  epoch: number;
  members: Member[];
}

/** What a group info says, without joining. Its signature is not verified: good for choosing, not for trusting. */
export function inspectGroupInfo(bytes: Uint8Array): GroupInfoDescription {
  return guardedSync(() => {
    const { groupInfo, tree } = decodeGroupInfo(bytes);
    const { groupId, epoch } = groupInfo.groupContext;
    return { groupId: copyBytes(groupId), epoch: epochNumber(epoch), members: membersOfTree(tree) };
  });
}
