import { copyBytes } from '../codec/bytes.ts';
import type { CipherSuite } from '../crypto/cipher-suite.ts';
import { signWithLabel, verifyWithLabel } from '../crypto/labels.ts';
import { broken, must } from '../errors.ts';
import { type Extension, externalPubExtension, findExtension } from '../messages/extension.ts';
import { encodeGroupInfoContent, type GroupInfo, type GroupInfoContent } from '../messages/group-info.ts';
import { extensionTypes } from '../messages/numbers.ts';
import { externalKeyPair } from '../schedule/key-schedule.ts';
import { decodeTree, ratchetTreeExtension } from '../tree/encode-tree.ts';
import { leafAt, type RatchetTree } from '../tree/ratchet-tree.ts';
import type { MlsClient } from './client.ts';
import { assertActive, type GroupState } from './state.ts';

export const groupInfoLabel = 'GroupInfoTBS';

export interface GroupInfoOptions {
  /** Whoever has it may join by external commit. True by default. */
  readonly externalPub?: boolean;
  /** Without, joiners get the tree from elsewhere. True by default. */
  readonly ratchetTree?: boolean;
}

async function signedGroupInfo(client: MlsClient, content: GroupInfoContent): Promise<GroupInfo> {
  const signedPart = encodeGroupInfoContent(content);
  const signature = await signWithLabel(client.suite, client.signer.privateKey, groupInfoLabel, signedPart);
  return { ...content, signedPart, signature };
}

/** What all members would put into the group info of their epoch. */
export async function groupInfoContent(
  state: GroupState,
  signer: number,
  { externalPub = true, ratchetTree = true }: GroupInfoOptions,
): Promise<GroupInfoContent> {
  const { suite, context, confirmationTag, secrets, tree } = state;
  const extensions: Extension[] = [];
  if (externalPub) {
    const { publicKey, privateKey } = await externalKeyPair(suite, secrets);
    privateKey.fill(0);
    extensions.push(externalPubExtension(publicKey));
  }
  if (ratchetTree) extensions.push(ratchetTreeExtension(tree));
  return { groupContext: context, extensions, confirmationTag, signer };
}

/** The group info of the state's epoch (RFC 9420 §12.4.3). */
export async function createGroupInfo(
  client: MlsClient,
  state: GroupState,
  options: GroupInfoOptions = {},
): Promise<GroupInfo> {
  assertActive(state);
  return signedGroupInfo(client, await groupInfoContent(state, state.leafIndex, options));
}

/**
 * The tree of a group info: from its extension, or handed over beside it (RFC 9420 §12.4.3.3). Either way its hash has to be that of the
 * group context, so a tree that is decoded already is taken as it is.
 */
export function treeOfGroupInfo({ extensions }: GroupInfo, given: Uint8Array | RatchetTree | undefined): RatchetTree {
  if (given !== undefined && !(given instanceof Uint8Array)) return given;
  const encoded = findExtension(extensions, extensionTypes.ratchetTree) ?? (given && copyBytes(given));
  if (encoded === undefined) throw broken('tree_not_given');
  return decodeTree(encoded);
}

/** Checks that a member of the tree signed the group info (RFC 9420 §12.4.3.1, §12.4.3.2). */
export async function verifyGroupInfo(
  suite: CipherSuite,
  { signer, signedPart, signature }: GroupInfo,
  tree: RatchetTree,
): Promise<void> {
  const leaf = leafAt(tree, signer);
  must(leaf !== undefined, 'group_info_signer');
  if (!(await verifyWithLabel(suite, leaf.signatureKey, groupInfoLabel, signedPart, signature))) {
    throw broken('group_info_signature');
  }
}
