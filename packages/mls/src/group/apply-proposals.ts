import type { Bytes } from '../codec/bytes.ts';
import { equalBytes } from '../codec/bytes.ts';
import { must } from '../errors.ts';
import {
  type Extension,
  extensionTypesAreUnique,
  externalSendersOf,
  requiredCapabilitiesOf,
} from '../messages/extension.ts';
import type { Sender } from '../messages/framed-content.ts';
import { leafNodeSources, proposalTypes, senderTypes } from '../messages/numbers.ts';
import type { ReInit } from '../messages/proposal.ts';
import type { PskId } from '../messages/psk-id.ts';
import { credentialsAreUnderstood } from '../tree/credential-summary.ts';
import {
  addLeaf,
  hasEncryptionKey,
  leafAt,
  leafWithSignatureKey,
  type RatchetTree,
  removeLeaf,
  updateLeaf,
} from '../tree/ratchet-tree.ts';
import { occupiedSlots } from '../tree/subtree.ts';
import { authenticate } from './authentication.ts';
import type { MlsClient } from './client.ts';
import { assertKeyPackageForm, keyPackageSignatures } from './key-package.ts';
import type { PlacedLeaf, SentProposal } from './policy.ts';
import { assertProposalList, proposalsOfType, updatedLeaf } from './proposal-list.ts';
import { assertPskIds } from './psks.ts';
import type { GroupState } from './state.ts';
import { assertLeafForm, hasRequiredCapabilities, leafSignature, understandsExtensions } from './validate-leaf.ts';
import type { SignatureCheck } from './verify-signatures.ts';

/** What is needed of a group to apply proposals to it: a joiner has this without being a member. */
export type GroupBase = Pick<GroupState, 'suite' | 'context' | 'tree'>;

/** The effect of a commit's proposals (RFC 9420 §12.3). */
export interface AppliedProposals {
  readonly tree: RatchetTree;
  readonly extensions: readonly Extension[];
  readonly added: readonly PlacedLeaf[];
  readonly removed: readonly PlacedLeaf[];
  readonly updated: readonly PlacedLeaf[];
  readonly psks: readonly PskId[];
  readonly externalInit: Bytes | undefined;
  readonly reInit: ReInit | undefined;
}

/** Work that waits until all that needs no signature has been checked. */
interface Checks {
  readonly signatures: SignatureCheck[];
  readonly candidates: { readonly leaf: PlacedLeaf['leafNode']; readonly predecessor?: PlacedLeaf['leafNode'] }[];
}

/** The keys of a leaf must not be in the tree already (RFC 9420 §7.3). */
function assertFreshKeys(tree: RatchetTree, { leafNode, leafIndex }: PlacedLeaf): void {
  must(!hasEncryptionKey(tree, leafNode.encryptionKey), 'encryption_key_repeated');
  const holder = leafWithSignatureKey(tree, leafNode.signatureKey);
  must(holder === undefined || holder === leafIndex, 'signature_key_repeated');
}

/** The group context's extensions once changed (RFC 9420 §12.1.7). */
async function changedExtensions(
  client: MlsClient,
  { tree, context }: GroupBase,
  proposals: readonly SentProposal[],
): Promise<readonly Extension[]> {
  const [change] = proposalsOfType(proposals, proposalTypes.groupContextExtensions);
  if (change === undefined) return context.extensions;
  const { extensions } = change.proposal;
  must(extensionTypesAreUnique(extensions), 'extension_repeated');
  const required = requiredCapabilitiesOf(extensions);
  const removed = new Set(proposalsOfType(proposals, proposalTypes.remove).map(({ proposal }) => proposal.removed));
  const updated = new Set(proposalsOfType(proposals, proposalTypes.update).map(({ sender }) => updatedLeaf(sender)));
  for (const { leaf, firstLeaf } of occupiedSlots(tree.root)) {
    if (removed.has(firstLeaf) || updated.has(firstLeaf)) continue;
    must(hasRequiredCapabilities(leaf, required), 'leaf_required_capabilities');
    must(understandsExtensions(leaf, extensions), 'group_extension_not_understood');
  }
  await Promise.all(externalSendersOf(extensions).map((sender) => authenticate(client.authentication, sender)));
  return extensions;
}

function assertNewLeaf(base: GroupBase, extensions: readonly Extension[], placed: PlacedLeaf): void {
  assertLeafForm(base.suite, placed.leafNode, requiredCapabilitiesOf(extensions));
  must(understandsExtensions(placed.leafNode, extensions), 'group_extension_not_understood');
}

function appliedUpdates(
  base: GroupBase,
  start: RatchetTree,
  extensions: readonly Extension[],
  proposals: readonly SentProposal[],
  checks: Checks,
): { tree: RatchetTree; updated: PlacedLeaf[] } {
  let tree = start;
  const updated: PlacedLeaf[] = [];
  for (const { proposal, sender } of proposalsOfType(proposals, proposalTypes.update)) {
    const placed = { leafIndex: updatedLeaf(sender), leafNode: proposal.leafNode };
    const former = leafAt(tree, placed.leafIndex);
    must(former !== undefined, 'leaf_missing');
    must(placed.leafNode.source.type === leafNodeSources.update, 'leaf_source');
    must(!equalBytes(former.encryptionKey, placed.leafNode.encryptionKey), 'update_key_unchanged');
    assertNewLeaf(base, extensions, placed);
    assertFreshKeys(tree, placed);
    checks.signatures.push(
      leafSignature(placed.leafNode, { groupId: base.context.groupId, leafIndex: placed.leafIndex }),
    );
    checks.candidates.push({ leaf: placed.leafNode, predecessor: former });
    tree = updateLeaf(tree, placed.leafIndex, placed.leafNode);
    updated.push(placed);
  }
  return { tree, updated };
}

function appliedRemoves(
  start: RatchetTree,
  proposals: readonly SentProposal[],
): { tree: RatchetTree; removed: PlacedLeaf[] } {
  let tree = start;
  const removed: PlacedLeaf[] = [];
  for (const { proposal } of proposalsOfType(proposals, proposalTypes.remove)) {
    const leafNode = leafAt(tree, proposal.removed);
    must(leafNode !== undefined, 'leaf_missing');
    removed.push({ leafIndex: proposal.removed, leafNode });
    tree = removeLeaf(tree, proposal.removed);
  }
  return { tree, removed };
}

function appliedAdds(
  base: GroupBase,
  start: RatchetTree,
  extensions: readonly Extension[],
  proposals: readonly SentProposal[],
  checks: Checks,
): { tree: RatchetTree; added: PlacedLeaf[] } {
  let tree = start;
  const added: PlacedLeaf[] = [];
  for (const { proposal } of proposalsOfType(proposals, proposalTypes.add)) {
    const { keyPackage } = proposal;
    const { leafNode } = keyPackage;
    assertKeyPackageForm(base.suite, keyPackage, requiredCapabilitiesOf(extensions));
    must(understandsExtensions(leafNode, extensions), 'group_extension_not_understood');
    assertFreshKeys(tree, { leafNode, leafIndex: -1 });
    checks.signatures.push(...keyPackageSignatures(keyPackage));
    checks.candidates.push({ leaf: leafNode });
    const next = addLeaf(tree, leafNode);
    tree = next.tree;
    added.push({ leafNode, leafIndex: next.leafIndex });
  }
  return { tree, added };
}

/**
 * Checks the proposals of a commit (RFC 9420 §12.1, §12.2) and applies them in the order of §12.3. `founding`: by the founder of a
 * group that follows another one, who alone may use the other PSK usages.
 */
export async function applyProposals(
  client: MlsClient,
  base: GroupBase,
  proposals: readonly SentProposal[],
  committer: Sender,
  founding = false,
): Promise<AppliedProposals> {
  assertProposalList(proposals, committer);
  const checks: Checks = { signatures: [], candidates: [] };
  const psks = proposalsOfType(proposals, proposalTypes.preSharedKey).map(({ proposal }) => proposal.psk);
  assertPskIds(base.suite, psks, founding);
  const [reInit] = proposalsOfType(proposals, proposalTypes.reInit);
  must(reInit === undefined || reInit.proposal.version >= base.context.version, 'reinit_version');
  must(extensionTypesAreUnique(reInit?.proposal.extensions ?? []), 'extension_repeated');
  const extensions = await changedExtensions(client, base, proposals);
  const { tree: afterUpdates, updated } = appliedUpdates(base, base.tree, extensions, proposals, checks);
  const { tree: afterRemoves, removed } = appliedRemoves(afterUpdates, proposals);
  const { tree, added } = appliedAdds(base, afterRemoves, extensions, proposals, checks);
  if (added.length + updated.length > 0) must(credentialsAreUnderstood(tree.root), 'credential_not_understood');
  const { authentication, verifySignatures, suite } = client;
  const [valid] = await Promise.all([
    checks.signatures.length === 0 || verifySignatures(suite, checks.signatures),
    Promise.all(checks.candidates.map(({ leaf, predecessor }) => authenticate(authentication, leaf, predecessor))),
  ]);
  must(valid, 'leaf_signature');
  return {
    tree,
    extensions,
    added,
    removed,
    updated,
    psks,
    externalInit:
      committer.type === senderTypes.newMemberCommit
        ? proposalsOfType(proposals, proposalTypes.externalInit)[0]?.proposal.kemOutput
        : undefined,
    reInit: reInit?.proposal,
  };
}
