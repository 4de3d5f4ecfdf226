import { copyBytes } from '../codec/bytes.ts';
import { suite1 } from '../crypto/suites.ts';
import { guardedSync, MlsError } from '../errors.ts';
import { treeOfGroupInfo } from '../group/group-info.ts';
import { encodeGroupContext } from '../messages/group-context.ts';
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
  /** SHA-256 of the encoded GroupContext: equal to a member's `groupContextHash` if and only if both are of the same epoch. */
  contextHash: Uint8Array;
  /** The leaf index of the member that is said to have signed it. */
  signer: number;
}

/** What a group info says, without joining. Its signature is not verified: good for choosing, not for trusting. */
export function inspectGroupInfo(bytes: Uint8Array): GroupInfoDescription {
  return guardedSync(() => {
    const { groupInfo, tree } = decodeGroupInfo(bytes);
    const { groupContext, signer } = groupInfo;
    return {
      groupId: copyBytes(groupContext.groupId),
      epoch: epochNumber(groupContext.epoch),
      members: membersOfTree(tree),
      contextHash: suite1.hash.digest(encodeGroupContext(groupContext)),
      signer,
    };
  });
}
