import type { ClientState } from 'ts-mls/clientState.js';
import { createCommit } from 'ts-mls/createCommit.js';
import { encodeMlsMessage } from 'ts-mls/message.js';
import type { Proposal } from 'ts-mls/proposal.js';
import { emptyPskIndex } from 'ts-mls/pskIndex.js';
import { bytesEqual } from './bytes.ts';
import { basicIdentity } from './client-config.ts';
import type { EngineContext } from './context.ts';
import { guarded, MlsError } from './errors.ts';
import { encodeGroupInfo } from './group-info.ts';
import { activeState, memberAt, membersOfTree, wrap } from './group-state.ts';
import { decodeKeyPackageBytes, verifyKeyPackageAlone } from './key-package.ts';
import { settle } from './settle.ts';
import { assertAcceptableTree } from './tree-policy.ts';
import type { GroupState, Member, PendingCommit } from './types.ts';

async function commitProposals(
  context: EngineContext,
  current: ClientState,
  proposals: Proposal[],
): Promise<{ next: ClientState; pending: Omit<PendingCommit, 'added' | 'removed'> }> {
  const adding = proposals.some(({ proposalType }) => proposalType === 'add');
  const { newState, commit, welcome } = await createCommit(
    { state: current, pskIndex: emptyPskIndex, cipherSuite: context.suite },
    // The Welcome carries the tree. Without an Add there is no Welcome, and no use in encoding one.
    { wireAsPublicMessage: true, ratchetTreeExtension: adding, extraProposals: proposals },
  );
  const next = settle(newState);
  assertAcceptableTree(next.ratchetTree, 'invalid_commit', current.ratchetTree);
  return {
    next,
    pending: {
      commit: encodeMlsMessage(commit),
      ...(welcome && { welcome: encodeMlsMessage({ version: 'mls10', wireformat: 'mls_welcome', welcome }) }),
      groupInfo: await encodeGroupInfo(context, next),
      state: wrap(next),
    },
  };
}

/** A commit of Adds by value (RFC 9420 §12.1.1), without a path. */
export async function add(
  context: EngineContext,
  state: GroupState,
  keyPackages: Uint8Array[],
): Promise<PendingCommit> {
  return guarded('invalid_commit', async () => {
    const current = activeState(state);
    if (keyPackages.length === 0) throw new MlsError('misuse', 'nobody to add');
    const decoded = keyPackages.map(decodeKeyPackageBytes);
    const present = membersOfTree(current.ratchetTree).map(({ identity }) => identity);
    for (const keyPackage of decoded) {
      await verifyKeyPackageAlone(keyPackage);
      const identity = basicIdentity(keyPackage.leafNode.credential);
      if (present.some((other) => bytesEqual(other, identity))) {
        throw new MlsError('already_member', 'already a member, or twice among those to be added');
      }
      present.push(identity);
    }
    const proposals = decoded.map((keyPackage): Proposal => ({ proposalType: 'add', add: { keyPackage } }));
    const { next, pending } = await commitProposals(context, current, proposals);
    const added = membersOfTree(next.ratchetTree).filter(
      ({ leafIndex }) => current.ratchetTree[leafIndex * 2] !== next.ratchetTree[leafIndex * 2],
    );
    return { ...pending, added, removed: [] };
  });
}

/** A commit of Removes by value (RFC 9420 §12.1.3), with a new path: those removed learn nothing of the next epoch. */
export async function remove(context: EngineContext, state: GroupState, leafIndexes: number[]): Promise<PendingCommit> {
  return guarded('invalid_commit', async () => {
    const current = activeState(state);
    const unique = [...new Set(leafIndexes)];
    if (unique.length === 0) throw new MlsError('misuse', 'nobody to remove');
    const removed = unique.map((leafIndex): Member => {
      const member = Number.isSafeInteger(leafIndex) ? memberAt(current.ratchetTree, leafIndex) : undefined;
      if (member === undefined) throw new MlsError('misuse', `there is no leaf ${leafIndex}`);
      if (leafIndex === current.privatePath.leafIndex) throw new MlsError('misuse', 'nobody can remove itself');
      return member;
    });
    const proposals = unique.map((leafIndex): Proposal => ({ proposalType: 'remove', remove: { removed: leafIndex } }));
    const { pending } = await commitProposals(context, current, proposals);
    return { ...pending, added: [], removed };
  });
}

/** An empty commit with a path: the group heals from a former theft of this member's keys (RFC 9420 §12.4). */
export async function update(context: EngineContext, state: GroupState): Promise<PendingCommit> {
  return guarded('invalid_commit', async () => {
    const { pending } = await commitProposals(context, activeState(state), []);
    return { ...pending, added: [], removed: [] };
  });
}
