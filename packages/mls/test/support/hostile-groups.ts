import { type Bytes, noBytes, textBytes } from '../../src/codec/bytes.ts';
import { encode } from '../../src/codec/writer.ts';
import { encryptWithLabel, signWithLabel } from '../../src/crypto/labels.ts';
import type { MlsClient } from '../../src/group/client.ts';
import { epochState } from '../../src/group/enter-epoch.ts';
import { generateKeyPackage, type OwnedKeyPackage, referenceOf } from '../../src/group/key-package.ts';
import type { GroupState } from '../../src/group/state.ts';
import type { Extension } from '../../src/messages/extension.ts';
import { externalPubExtension } from '../../src/messages/extension.ts';
import { encodeGroupContext, type GroupContext } from '../../src/messages/group-context.ts';
import {
  encodeGroupInfoContent,
  type GroupInfo,
  type GroupInfoContent,
  writeGroupInfo,
} from '../../src/messages/group-info.ts';
import type { LeafNode } from '../../src/messages/leaf-node.ts';
import { decodeMlsMessage, encodeMlsMessage } from '../../src/messages/mls-message.ts';
import { mls10, wireFormats } from '../../src/messages/numbers.ts';
import type { PskId } from '../../src/messages/psk-id.ts';
import { type Welcome, writeGroupSecrets } from '../../src/messages/welcome.ts';
import {
  confirmationTagOf,
  epochFromJoiner,
  externalKeyPair,
  welcomeKeyOf,
  zeroSecret,
} from '../../src/schedule/key-schedule.ts';
import { interimTranscriptHash } from '../../src/schedule/transcript-hash.ts';
import { ratchetTreeExtension } from '../../src/tree/encode-tree.ts';
import { addLeaf, type RatchetTree, treeOf } from '../../src/tree/ratchet-tree.ts';
import { leafSlot } from '../../src/tree/subtree.ts';
import { treeHash } from '../../src/tree/tree-hash.ts';
import { randomBytes } from './hostile.ts';

/** A whole group that its founder makes up: any tree, any context, and secrets and tags that fit them. */

export interface GroupEdit {
  readonly context?: Partial<GroupContext>;
  /** Instead of `external_pub` and `ratchet_tree`. */
  readonly extensions?: (usual: Extension[]) => Extension[];
  readonly signer?: number;
  /** Instead of the signature of the client. */
  readonly signature?: Bytes;
  readonly confirmationTag?: Bytes;
  readonly psks?: readonly PskId[];
  readonly pskSecret?: Bytes;
}

export interface ForgedGroup {
  readonly groupInfo: GroupInfo;
  readonly joinerSecret: Bytes;
  readonly pskSecret: Bytes;
  readonly psks: readonly PskId[];
  /** The founder's own state, as far as it is one. */
  readonly state: GroupState;
}

function decoded(groupInfo: GroupInfo): GroupInfo {
  const message = decodeMlsMessage(encodeMlsMessage({ wireFormat: wireFormats.groupInfo, groupInfo }));
  if (message.wireFormat !== wireFormats.groupInfo) throw new Error('not a group info');
  return message.groupInfo;
}

export async function forgedGroup(client: MlsClient, tree: RatchetTree, edit: GroupEdit = {}): Promise<ForgedGroup> {
  const { suite } = client;
  const { hash } = suite;
  const context: GroupContext = {
    version: mls10,
    cipherSuite: suite.id,
    groupId: textBytes('made up'),
    epoch: 7n,
    treeHash: treeHash(hash, tree.root),
    confirmedTranscriptHash: randomBytes(),
    extensions: [],
    ...edit.context,
  };
  const contextBytes = encodeGroupContext(context);
  const joinerSecret = randomBytes();
  const pskSecret = edit.pskSecret ?? zeroSecret(hash);
  const derived = epochFromJoiner(hash, joinerSecret, pskSecret, contextBytes);
  const confirmationTag = confirmationTagOf(hash, derived.secrets, context.confirmedTranscriptHash);
  const { publicKey } = await externalKeyPair(suite, derived.secrets);
  const usual = [externalPubExtension(publicKey), ratchetTreeExtension(tree)];
  const signer = edit.signer ?? 0;
  const content: GroupInfoContent = {
    groupContext: context,
    extensions: edit.extensions?.(usual) ?? usual,
    confirmationTag: edit.confirmationTag ?? confirmationTag,
    signer,
  };
  const signedPart = encodeGroupInfoContent(content);
  const signature =
    edit.signature ?? (await signWithLabel(suite, client.signer.privateKey, 'GroupInfoTBS', signedPart));
  const interim = interimTranscriptHash(hash, context.confirmedTranscriptHash, confirmationTag);
  const next = { context, contextBytes, joinerSecret, derived, confirmationTag, interimTranscriptHash: interim };
  return {
    groupInfo: decoded({ ...content, signedPart, signature }),
    joinerSecret,
    pskSecret,
    psks: edit.psks ?? [],
    state: epochState(client, next, tree, signer, new Map()),
  };
}

/** A Welcome into such a group. */
export async function forgedWelcome(
  { suite }: MlsClient,
  { groupInfo, joinerSecret, pskSecret, psks }: ForgedGroup,
  own: OwnedKeyPackage,
  pathSecret?: Bytes,
): Promise<Welcome> {
  const { key, nonce } = welcomeKeyOf(suite, joinerSecret, pskSecret);
  const encryptedGroupInfo = await suite.aead.seal(key, nonce, noBytes, encode(groupInfo, writeGroupInfo));
  const secrets = encode({ joinerSecret, pathSecret, psks }, writeGroupSecrets);
  const { initKey } = own.keyPackage;
  const encryptedGroupSecrets = await encryptWithLabel(suite, initKey, 'Welcome', encryptedGroupInfo, secrets);
  return {
    cipherSuite: suite.id,
    secrets: [{ newMember: referenceOf(suite, own.keyPackage), encryptedGroupSecrets }],
    encryptedGroupInfo,
  };
}

/** A founder and another leaf, with nothing above them. */
export async function treeOfTwo(founder: MlsClient, other: LeafNode): Promise<RatchetTree> {
  const { keyPackage } = await generateKeyPackage(founder);
  return addLeaf(treeOf(leafSlot(0, keyPackage.leafNode)), other).tree;
}
