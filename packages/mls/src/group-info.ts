import type { ClientState } from 'ts-mls/clientState.js';
import { createGroupInfoWithExternalPubAndRatchetTree } from 'ts-mls/createCommit.js';
import { type GroupInfo, ratchetTreeFromExtension } from 'ts-mls/groupInfo.js';
import { encodeMlsMessage } from 'ts-mls/message.js';
import type { RatchetTree } from 'ts-mls/ratchetTree.js';
import { copyBytes } from './bytes.ts';
import { decodeMessage } from './codec.ts';
import type { EngineContext } from './context.ts';
import { MlsError, toMlsError } from './errors.ts';
import { epochNumber, membersOfTree } from './group-state.ts';
import { assertPlainContext, assertTreeSize } from './tree-policy.ts';
import type { Member } from './types.ts';

/** MLSMessage(GroupInfo) of the state's epoch, with `external_pub` and `ratchet_tree` (RFC 9420 §12.4.3). */
export async function encodeGroupInfo(context: EngineContext, state: ClientState): Promise<Uint8Array> {
  const groupInfo = await createGroupInfoWithExternalPubAndRatchetTree(state, [], context.suite);
  return encodeMlsMessage({ version: 'mls10', wireformat: 'mls_group_info', groupInfo });
}

/** Decodes a group info and its tree, and checks their form. Nothing is verified yet. */
export function decodeGroupInfo(bytes: Uint8Array): { groupInfo: GroupInfo; tree: RatchetTree } {
  try {
    const { groupInfo } = decodeMessage(bytes, 'mls_group_info');
    assertPlainContext(groupInfo.groupContext, 'invalid_group_info');
    const tree = ratchetTreeFromExtension(groupInfo);
    if (tree === undefined) throw new MlsError('invalid_group_info', 'without a ratchet tree');
    assertTreeSize(tree, 'invalid_group_info');
    return { groupInfo, tree };
  } catch (cause) {
    throw toMlsError(cause, 'malformed');
  }
}

export interface GroupInfoDescription {
  groupId: Uint8Array;
  epoch: number;
  members: Member[];
}

/** What a group info says, without joining. Its signature is not verified: good for choosing, not for trusting. */
export function inspectGroupInfo(bytes: Uint8Array): GroupInfoDescription {
  const { groupInfo, tree } = decodeGroupInfo(bytes);
  try {
    return {
      groupId: copyBytes(groupInfo.groupContext.groupId),
      epoch: epochNumber(groupInfo.groupContext.epoch),
      members: membersOfTree(tree),
    };
  } catch (cause) {
    throw toMlsError(cause, 'malformed');
  }
}
