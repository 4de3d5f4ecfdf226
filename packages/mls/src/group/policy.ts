import type { Commit } from '../messages/commit.ts';
import type { Sender } from '../messages/framed-content.ts';
import type { LeafNode } from '../messages/leaf-node.ts';
import type { Proposal } from '../messages/proposal.ts';
import type { RatchetTree } from '../tree/ratchet-tree.ts';

/** A proposal with its sender: the committer where it came by value. */
export interface SentProposal {
  readonly proposal: Proposal;
  readonly sender: Sender;
}

/** A leaf at its place. */
export interface PlacedLeaf {
  readonly leafIndex: number;
  readonly leafNode: LeafNode;
}

/** All that a commit does, before it is done. */
export interface CommitEffect {
  readonly wireFormat: number;
  readonly sender: Sender;
  readonly commit: Commit;
  readonly proposals: readonly SentProposal[];
  readonly treeBefore: RatchetTree;
  readonly treeAfter: RatchetTree;
  readonly added: readonly PlacedLeaf[];
  readonly removed: readonly PlacedLeaf[];
}

/** Rules of the application beyond the protocol's. Throws an `MlsError` of code `policy`, or another, to refuse. */
export interface GroupPolicy {
  /** Asked for every commit, one's own too, once it is known to be valid. */
  checkCommit(effect: CommitEffect): void;
}
