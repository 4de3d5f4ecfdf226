import { type Bytes, equalBytes, noBytes } from '../codec/bytes.ts';
import { decode } from '../codec/reader.ts';
import type { KeyPair } from '../crypto/cipher-suite.ts';
import { decryptWithLabel } from '../crypto/labels.ts';
import { broken, MlsError, must } from '../errors.ts';
import { extensionTypesAreUnique } from '../messages/extension.ts';
import { encodeGroupContext } from '../messages/group-context.ts';
import { type GroupInfo, readGroupInfo } from '../messages/group-info.ts';
import { mls10 } from '../messages/numbers.ts';
import { type GroupSecrets, readGroupSecrets, type Welcome } from '../messages/welcome.ts';
import { confirmationTagOf, epochFromJoiner, welcomeKeyOf } from '../schedule/key-schedule.ts';
import { interimTranscriptHash } from '../schedule/transcript-hash.ts';
import { leafAt, leafWithSignatureKey, type RatchetTree } from '../tree/ratchet-tree.ts';
import { receiveWelcomePath } from '../tree/receive-path.ts';
import { treeHash } from '../tree/tree-hash.ts';
import { nodeOfLeaf } from '../tree/tree-math.ts';
import { validateTree } from '../tree/validate-tree.ts';
import type { MlsClient } from './client.ts';
import { welcomeLabel } from './create-welcome.ts';
import { assertConfirmationTag, epochState } from './enter-epoch.ts';
import { treeOfGroupInfo, verifyGroupInfo } from './group-info.ts';
import { type OwnedKeyPackage, referenceOf } from './key-package.ts';
import { assertPskIds, resolvePsks } from './psks.ts';
import type { GroupState } from './state.ts';
import { assertSuccession } from './succession.ts';
import { assertMembersForm, verifyMembers } from './verify-members.ts';

export interface JoinOptions {
  /** The tree where the group info does not carry it, encoded; or decoded from this very group info already. */
  readonly tree?: Uint8Array | RatchetTree;
  /** `later`: the state is returned before the leaves' signatures were checked; see `verifyTree`. `now` by default. */
  readonly verifyMembers?: 'now' | 'later';
}

export interface WelcomeOptions extends JoinOptions {
  /** Groups of which this client has resumption PSKs: the former group of a ReInit or a branch (RFC 9420 §11.2, §11.3). */
  readonly formerGroups?: readonly GroupState[];
}

async function openGroupSecrets(
  { suite }: MlsClient,
  welcome: Welcome,
  { keyPackage, initKeys }: OwnedKeyPackage,
): Promise<GroupSecrets> {
  const reference = referenceOf(suite, keyPackage);
  const entry = welcome.secrets.find(({ newMember }) => equalBytes(newMember, reference));
  if (entry === undefined) throw new MlsError('not_addressed', 'the Welcome is not for this key package');
  const { encryptedGroupSecrets } = entry;
  const opened = await decryptWithLabel(
    suite,
    initKeys,
    welcomeLabel,
    welcome.encryptedGroupInfo,
    encryptedGroupSecrets,
  );
  if (opened === undefined) throw broken('welcome_undecryptable');
  return decode(opened, readGroupSecrets);
}

async function openGroupInfo(
  { suite }: MlsClient,
  { encryptedGroupInfo }: Welcome,
  { joinerSecret }: GroupSecrets,
  pskSecret: Bytes,
): Promise<GroupInfo> {
  const { key, nonce } = welcomeKeyOf(suite, joinerSecret, pskSecret);
  const opened = await suite.aead.open(key, nonce, noBytes, encryptedGroupInfo);
  key.fill(0);
  if (opened === undefined) throw broken('welcome_undecryptable');
  return decode(opened, readGroupInfo);
}

/** Refuses a group info that is not of the client's suite, or whose tree is not the one it speaks of (RFC 9420 §12.4.3.1). */
export function assertGroupInfo(
  { suite }: MlsClient,
  { groupContext, extensions }: GroupInfo,
  tree: RatchetTree,
): void {
  must(groupContext.version === mls10 && groupContext.cipherSuite === suite.id, 'group_info_suite');
  must(extensionTypesAreUnique(extensions) && extensionTypesAreUnique(groupContext.extensions), 'extension_repeated');
  must(equalBytes(groupContext.treeHash, treeHash(suite.hash, tree.root)), 'tree_hash_mismatch');
  validateTree(suite.hash, tree);
}

function ownLeaf(tree: RatchetTree, { keyPackage: { leafNode } }: OwnedKeyPackage): number {
  const leafIndex = leafWithSignatureKey(tree, leafNode.signatureKey);
  must(leafIndex !== undefined, 'own_leaf_missing');
  const found = leafAt(tree, leafIndex);
  must(found !== undefined && equalBytes(found.bytes, leafNode.bytes), 'own_leaf_missing');
  return leafIndex;
}

/** Joins by Welcome (RFC 9420 §12.4.3.1). The init key must be deleted afterwards. */
export async function joinFromWelcome(
  client: MlsClient,
  welcome: Welcome,
  own: OwnedKeyPackage,
  options: WelcomeOptions = {},
): Promise<GroupState> {
  const { suite } = client;
  const { hash } = suite;
  must(welcome.cipherSuite === suite.id && own.keyPackage.cipherSuite === suite.id, 'welcome_suite');
  const groupSecrets = await openGroupSecrets(client, welcome, own);
  const { psks, joinerSecret, pathSecret } = groupSecrets;
  assertPskIds(suite, psks, true);
  const formerGroups = options.formerGroups ?? [];
  const pskSecret = await resolvePsks(suite, psks, client.psks, formerGroups);
  const groupInfo = await openGroupInfo(client, welcome, groupSecrets, pskSecret);
  const { groupContext } = groupInfo;
  const tree = treeOfGroupInfo(groupInfo, options.tree);
  await verifyGroupInfo(suite, groupInfo, tree);
  assertGroupInfo(client, groupInfo, tree);
  assertMembersForm(client, groupContext, tree);
  assertSuccession(psks, groupContext, tree, formerGroups);
  const leafIndex = ownLeaf(tree, own);
  const treeVerified = options.verifyMembers !== 'later';
  const [privatePath] = await Promise.all([
    pathSecret && receiveWelcomePath(suite, tree, groupInfo.signer, leafIndex, pathSecret),
    treeVerified && verifyMembers(client, groupContext, tree),
  ]);
  const contextBytes = encodeGroupContext(groupContext);
  const derived = epochFromJoiner(hash, joinerSecret, pskSecret, contextBytes);
  joinerSecret.fill(0);
  pskSecret.fill(0);
  pathSecret?.fill(0);
  const confirmed = groupContext.confirmedTranscriptHash;
  const confirmationTag = confirmationTagOf(hash, derived.secrets, confirmed);
  assertConfirmationTag(confirmationTag, groupInfo.confirmationTag);
  const next = {
    context: groupContext,
    contextBytes,
    joinerSecret,
    derived,
    confirmationTag,
    interimTranscriptHash: interimTranscriptHash(hash, confirmed, confirmationTag),
  };
  const leafKeys: KeyPair = own.leafKeys;
  const privateKeys = new Map([[nodeOfLeaf(leafIndex), leafKeys], ...(privatePath ?? [])]);
  return { ...epochState(client, next, tree, leafIndex, privateKeys), treeVerified };
}
