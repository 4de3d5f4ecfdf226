import { equalBytes } from '../codec/bytes.ts';
import { must } from '../errors.ts';
import type { Commit } from '../messages/commit.ts';
import { requiredCapabilitiesOf } from '../messages/extension.ts';
import type { Sender } from '../messages/framed-content.ts';
import { leafNodeSources, senderTypes } from '../messages/numbers.ts';
import type { UpdatePath } from '../messages/update-path.ts';
import { credentialsAreUnderstood } from '../tree/credential-summary.ts';
import { type AppliedPath, applyUpdatePath } from '../tree/filtered-path.ts';
import { extended, leafAt, leafWithSignatureKey, nextLeafIndex, type RatchetTree } from '../tree/ratchet-tree.ts';
import { assertCiphertextCounts } from '../tree/receive-path.ts';
import { type AppliedProposals, applyProposals, type GroupBase } from './apply-proposals.ts';
import { authenticate, sameClient } from './authentication.ts';
import type { MlsClient } from './client.ts';
import type { CommitEffect, PlacedLeaf, SentProposal } from './policy.ts';
import { pathIsRequired } from './proposal-list.ts';
import { assertLeafForm, leafSignature, understandsExtensions } from './validate-leaf.ts';

/** Everything about a commit that needs no secret. */
export interface PublicCommit {
  readonly applied: AppliedProposals;
  /** With the path, if there is one. */
  readonly tree: RatchetTree;
  readonly path: (AppliedPath & { readonly updatePath: UpdatePath }) | undefined;
  readonly committerIndex: number;
  readonly addedIndexes: ReadonlySet<number>;
  readonly effect: CommitEffect;
}

/** Where an external committer's leaf goes: the leftmost blank one, once its former leaf is gone (RFC 9420 §12.4.3.2). */
export function withPlaceForCommitter(tree: RatchetTree): { tree: RatchetTree; leafIndex: number } {
  const room = extended(tree);
  return { tree: room, leafIndex: nextLeafIndex(room) };
}

/** The rules for the leaf of a path (RFC 9420 §7.3, §12.4.2). */
async function assertPathLeaf(
  client: MlsClient,
  base: GroupBase,
  applied: AppliedProposals,
  { leafNode }: UpdatePath,
  leafIndex: number,
  predecessor: PlacedLeaf['leafNode'] | undefined,
): Promise<void> {
  assertLeafForm(base.suite, leafNode, requiredCapabilitiesOf(applied.extensions), leafNodeSources.commit);
  must(understandsExtensions(leafNode, applied.extensions), 'group_extension_not_understood');
  const holder = leafWithSignatureKey(applied.tree, leafNode.signatureKey);
  must(holder === undefined || holder === leafIndex, 'signature_key_repeated');
  const position = { groupId: base.context.groupId, leafIndex };
  const { publicKey, data, signature } = leafSignature(leafNode, position);
  const [valid] = await Promise.all([
    base.suite.signature.verify(publicKey, data, signature),
    authenticate(client.authentication, leafNode, predecessor),
  ]);
  must(valid, 'leaf_signature');
}

/** An external commit may remove its own client's former leaf only, as if that were updated (RFC 9420 §12.2). */
function formerLeaf({ removed }: AppliedProposals, { leafNode }: UpdatePath): PlacedLeaf['leafNode'] | undefined {
  const former = removed[0]?.leafNode;
  if (former === undefined) return undefined;
  must(sameClient(former, leafNode), 'external_commit_removes_other');
  must(!equalBytes(former.encryptionKey, leafNode.encryptionKey), 'path_leaf_key_unchanged');
  return former;
}

/** Checks a commit's proposals and path and computes the tree that follows (RFC 9420 §12.4.2). */
export async function applyCommitPublicly(
  client: MlsClient,
  base: GroupBase,
  wireFormat: number,
  sender: Sender,
  commit: Commit,
  proposals: readonly SentProposal[],
): Promise<PublicCommit> {
  must(commit.path !== undefined || !pathIsRequired(proposals), 'path_missing');
  const applied = await applyProposals(client, base, proposals, sender);
  const external = sender.type !== senderTypes.member;
  const place = external ? withPlaceForCommitter(applied.tree) : { tree: applied.tree, leafIndex: sender.leafIndex };
  const addedIndexes = new Set(applied.added.map(({ leafIndex }) => leafIndex));
  let { tree } = place;
  let path: PublicCommit['path'];
  if (commit.path !== undefined) {
    const updatePath = commit.path;
    const predecessor = external ? formerLeaf(applied, updatePath) : leafAt(base.tree, place.leafIndex);
    await assertPathLeaf(client, base, applied, updatePath, place.leafIndex, predecessor);
    const appliedPath = applyUpdatePath(base.suite.hash, tree, place.leafIndex, updatePath);
    assertCiphertextCounts(appliedPath.steps, updatePath, addedIndexes);
    for (const { encryptionKey } of updatePath.nodes) {
      must(base.suite.kem.isPublicKey(encryptionKey), 'path_key');
    }
    tree = appliedPath.tree;
    path = { ...appliedPath, updatePath };
    must(credentialsAreUnderstood(tree.root), 'credential_not_understood');
  }
  const joined = external ? [{ leafIndex: place.leafIndex, leafNode: commit.path?.leafNode }] : [];
  const added = [...applied.added, ...(joined as PlacedLeaf[])];
  const effect: CommitEffect = {
    wireFormat,
    sender,
    commit,
    proposals,
    treeBefore: base.tree,
    treeAfter: tree,
    added,
    removed: applied.removed,
  };
  client.policy?.checkCommit(effect);
  return { applied, tree, path, committerIndex: place.leafIndex, addedIndexes, effect };
}
