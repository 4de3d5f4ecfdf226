import { equalBytes } from '../codec/bytes.ts';
import { MlsError } from '../errors.ts';
import { sameClient } from '../group/authentication.ts';
import type { CommitEffect, GroupPolicy } from '../group/policy.ts';
import type { GroupContext } from '../messages/group-context.ts';
import type { LeafNode } from '../messages/leaf-node.ts';
import { credentialTypes, proposalTypes, senderTypes, wireFormats } from '../messages/numbers.ts';
import { leafAt, leavesWithCredential, type RatchetTree } from '../tree/ratchet-tree.ts';
import { occupiedSlots } from '../tree/subtree.ts';

function refuse(sentence: string): never {
  throw new MlsError('policy', sentence);
}

/** Leaves of this profile carry a basic credential with an identity, and no extensions. */
export function assertProfileLeaf({ credential, extensions }: LeafNode): void {
  if (credential.type !== credentialTypes.basic || credential.content.length === 0) refuse('not a basic credential');
  if (extensions.length > 0) refuse('leaf extensions are not used');
}

/** No group of this profile has extensions in its context; `external_senders`, say, would let strangers propose. */
export function assertProfileContext({ extensions }: GroupContext): void {
  if (extensions.length > 0) refuse('group context extensions are not used');
}

/** One identity has one leaf. */
export function assertDistinctIdentities({ root, credentials }: RatchetTree): void {
  for (const { leaf } of occupiedSlots(root)) assertProfileLeaf(leaf);
  if (credentials.size !== root.occupied) refuse('an identity has two leaves');
}

function assertNewIdentities({ treeAfter, added }: CommitEffect): void {
  for (const { leafNode } of added) {
    assertProfileLeaf(leafNode);
    if (leavesWithCredential(treeAfter, leafNode.credential) !== 1) refuse('an identity would have two leaves');
  }
}

/** Adds without a path, or Removes with one, or nothing with one. */
function assertMemberForm({ commit, proposals }: CommitEffect): void {
  const kinds = new Set<number>(proposals.map(({ proposal }) => proposal.type));
  if (kinds.size > 1) refuse('a mixture of proposals');
  const [kind] = kinds;
  if (kind !== undefined && kind !== proposalTypes.add && kind !== proposalTypes.remove)
    refuse('a proposal not in use');
  if ((kind === proposalTypes.add) === (commit.path !== undefined)) refuse('Adds go without a path, all else with one');
}

function assertSameIdentity({ sender, treeBefore, treeAfter }: CommitEffect): void {
  if (sender.type !== senderTypes.member) return;
  const before = leafAt(treeBefore, sender.leafIndex);
  const after = leafAt(treeAfter, sender.leafIndex);
  if (before === undefined || after === undefined) refuse('the committer has no leaf');
  assertProfileLeaf(after);
  if (!sameClient(before, after) || !equalBytes(before.signatureKey, after.signatureKey)) {
    refuse('the committer became someone else');
  }
}

/**
 * The rules of this profile for commits, beyond RFC 9420: always a PublicMessage with proposals by value, in one of four forms,
 * each of which a reader of the log can tell by looking.
 */
export const undertonePolicy: GroupPolicy = {
  checkCommit(effect) {
    const { wireFormat, commit, proposals, sender } = effect;
    if (wireFormat !== wireFormats.publicMessage) refuse('commits are public messages');
    if (commit.proposals.some(({ kind }) => kind === 'reference')) refuse('proposals go by value');
    if (sender.type === senderTypes.member) assertMemberForm(effect);
    else if (proposals.some(({ proposal }) => proposal.type === proposalTypes.preSharedKey)) refuse('no PSKs');
    assertSameIdentity(effect);
    assertNewIdentities(effect);
  },
};
