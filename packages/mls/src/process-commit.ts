import { type ClientState, throwIfDefined, validateLeafNodeUpdateOrCommit } from 'ts-mls/clientState.js';
import { unprotectPublicMessage } from 'ts-mls/messageProtectionPublic.js';
import { processPublicMessage } from 'ts-mls/processMessages.js';
import { emptyPskIndex } from 'ts-mls/pskIndex.js';
import type { PublicMessage } from 'ts-mls/publicMessage.js';
import { addLeafNode, removeLeafNode } from 'ts-mls/ratchetTree.js';
import { nodeToLeafIndex, toLeafIndex } from 'ts-mls/treemath.js';
import { decodeMessage } from './codec.ts';
import { assertCommitShape, type CommitShape } from './commit-policy.ts';
import type { EngineContext } from './context.ts';
import { guarded, MlsError } from './errors.ts';
import { activeState, memberAt, membersOfTree, wrap } from './group-state.ts';
import { settle, tombstone } from './settle.ts';
import { assertAcceptableTree, assertPathKeys } from './tree-policy.ts';
import type { GroupState, Member, ProcessedCommit } from './types.ts';

function requireMember(state: ClientState, leafIndex: number): Member {
  const member = memberAt(state.ratchetTree, leafIndex);
  if (member === undefined) throw new MlsError('invalid_commit', `there is no leaf ${leafIndex}`);
  return member;
}

/** The leaf an external committer got: ts-mls puts the very leaf node of the path into the tree. */
function externalLeafIndex(state: ClientState, { commit }: CommitShape): number {
  const nodeIndex = state.ratchetTree.findIndex(
    (node) => node?.nodeType === 'leaf' && node.leaf === commit.path?.leafNode,
  );
  if (nodeIndex < 0) throw new MlsError('internal', 'the external committer has no leaf');
  return nodeIndex / 2;
}

/**
 * This device came back elsewhere (from a lost state, say) and its new self removed this leaf. ts-mls does not know the case:
 * it would fail on the path. As much is verified as one can who is not addressed any more: signature and leaf.
 */
async function removedByResync(
  context: EngineContext,
  current: ClientState,
  message: PublicMessage,
  { commit, removedLeafIndexes }: CommitShape,
): Promise<ClientState> {
  const { suite, config } = context;
  await unprotectPublicMessage(
    current.keySchedule.membershipKey,
    current.groupContext,
    current.ratchetTree,
    message,
    suite,
  );
  if (commit.path === undefined) throw new MlsError('invalid_commit', 'an external commit needs a path');
  const { leafNode } = commit.path;
  const without = removedLeafIndexes.reduce(
    (tree, index) => removeLeafNode(tree, toLeafIndex(index)),
    current.ratchetTree,
  );
  const [tree, nodeIndex] = addLeafNode(without, leafNode);
  throwIfDefined(
    await validateLeafNodeUpdateOrCommit(
      leafNode,
      nodeToLeafIndex(nodeIndex),
      current.groupContext,
      config.authService,
      suite.signature,
    ),
  );
  assertAcceptableTree(tree, 'invalid_commit', current.ratchetTree);
  return tombstone(current, tree);
}

async function advance(
  context: EngineContext,
  current: ClientState,
  message: PublicMessage,
  shape: CommitShape,
): Promise<ClientState> {
  const removesSelf = shape.removedLeafIndexes.includes(current.privatePath.leafIndex);
  if (removesSelf && shape.committerLeafIndex === undefined) {
    return removedByResync(context, current, message, shape);
  }
  const { newState } = await processPublicMessage(current, message, emptyPskIndex, context.suite);
  if (removesSelf) return tombstone(current, newState.ratchetTree);
  const next = settle(newState);
  assertAcceptableTree(next.ratchetTree, 'invalid_commit', current.ratchetTree);
  await assertPathKeys(current, next);
  return next;
}

/**
 * Verifies and applies another member's, or a joiner's, commit (RFC 9420 §12.4.2). A commit that removes this leaf is not an
 * error: it gives `removedSelf` and a tombstone.
 */
export async function processCommit(
  context: EngineContext,
  state: GroupState,
  bytes: Uint8Array,
): Promise<ProcessedCommit> {
  return guarded('invalid_commit', async () => {
    const current = activeState(state);
    const { publicMessage } = decodeMessage(bytes, 'mls_public_message');
    const shape = assertCommitShape(current, publicMessage);
    const removed = shape.removedLeafIndexes.map((leafIndex) => requireMember(current, leafIndex));
    const next = await advance(context, current, publicMessage, shape);
    const committerLeafIndex = shape.committerLeafIndex ?? externalLeafIndex(next, shape);
    // A leaf is new where none was, or where the one that was has been removed.
    const free = (leafIndex: number) =>
      current.ratchetTree[leafIndex * 2] === undefined || shape.removedLeafIndexes.includes(leafIndex);
    return {
      state: wrap(next),
      committer: requireMember(next, committerLeafIndex),
      added: membersOfTree(next.ratchetTree).filter(({ leafIndex }) => free(leafIndex)),
      removed,
      removedSelf: next.groupActiveState.kind !== 'active',
    };
  });
}
