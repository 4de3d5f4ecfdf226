import { type Bytes, copyBytes } from '../codec/bytes.ts';
import type { CipherSuite, KeyPair } from '../crypto/cipher-suite.ts';
import { MlsError } from '../errors.ts';
import { encodeGroupContext, type GroupContext } from '../messages/group-context.ts';
import type { ReInit } from '../messages/proposal.ts';
import type { EpochSecrets } from '../schedule/key-schedule.ts';
import type { SecretTree } from '../schedule/secret-tree.ts';
import type { PrivateTree } from '../tree/private-tree.ts';
import type { RatchetTree } from '../tree/ratchet-tree.ts';
import { leafCapacity } from '../tree/subtree.ts';
import type { SentProposal } from './policy.ts';

/** What is kept of a former epoch, to decrypt what arrives late. */
export interface PastEpoch {
  readonly context: GroupContext;
  readonly contextBytes: Bytes;
  readonly tree: RatchetTree;
  readonly senderDataSecret: Bytes;
  readonly secretTree: SecretTree;
}

/** A proposal that a commit may refer to. */
export interface PendingProposal extends SentProposal {
  /** ProposalRef of RFC 9420 §5.2. */
  readonly reference: Bytes;
}

/**
 * One member's view of one group in one epoch. Never changed: each operation gives another one that shares all it can, and leaves
 * this one usable until `wipeState`.
 */
export interface GroupState {
  readonly suite: CipherSuite;
  readonly context: GroupContext;
  /** `context`, encoded. */
  readonly contextBytes: Bytes;
  readonly tree: RatchetTree;
  readonly leafIndex: number;
  readonly privateKeys: PrivateTree;
  readonly secrets: EpochSecrets;
  readonly secretTree: SecretTree;
  readonly confirmationTag: Bytes;
  readonly interimTranscriptHash: Bytes;
  /** Of this epoch, by {@link proposalKey} of their reference. */
  readonly proposals: ReadonlyMap<string, PendingProposal>;
  /** Keys of Update proposals that this member has sent in this epoch. */
  readonly ownUpdates: readonly KeyPair[];
  /** Newest first. */
  readonly pastEpochs: readonly PastEpoch[];
  /** By epoch, this one included (RFC 9420 §8.6). */
  readonly resumptionPsks: ReadonlyMap<bigint, Bytes>;
  readonly status: 'active' | 'removed' | 'reinitialized';
  /** What the group goes on as, once `reinitialized` (RFC 9420 §11.2). */
  readonly reInit: ReInit | undefined;
  /** False while the signatures and credentials of the other leaves are still to be checked (`verifyTree`). */
  readonly treeVerified: boolean;
}

/** What a group context is made of, apart from what never changes. */
export function nextContext(
  context: GroupContext,
  change: Partial<Pick<GroupContext, 'epoch' | 'treeHash' | 'confirmedTranscriptHash' | 'extensions'>>,
): { context: GroupContext; contextBytes: Bytes } {
  const next = { ...context, ...change };
  return { context: next, contextBytes: encodeGroupContext(next) };
}

/** Refuses states that can do nothing more. */
export function assertActive(state: GroupState): void {
  if (state.status === 'removed') throw new MlsError('removed', 'removed from the group');
  if (state.status === 'reinitialized') throw new MlsError('reinitialized', 'the group goes on as another one');
}

/** Refuses to go on with a tree of which only the structure was checked. */
export function assertVerified(state: GroupState): void {
  if (!state.treeVerified) throw new MlsError('unverified_tree', 'the members of this group are still to be verified');
}

export function leafCountOf({ root }: RatchetTree): number {
  return leafCapacity(root);
}

/** A state without secrets that refuses everything: what a removed member is left with. */
export function tombstone(state: GroupState, tree: RatchetTree): GroupState {
  const nothing = new Uint8Array();
  return {
    ...state,
    tree,
    privateKeys: new Map(),
    secrets: {
      senderDataSecret: nothing,
      exporterSecret: nothing,
      externalSecret: nothing,
      confirmationKey: nothing,
      membershipKey: nothing,
      resumptionPsk: nothing,
      epochAuthenticator: nothing,
      initSecret: nothing,
    },
    secretTree: { kind: 'secret', secret: nothing },
    proposals: new Map(),
    ownUpdates: [],
    pastEpochs: [],
    resumptionPsks: new Map(),
    status: 'removed',
    treeVerified: true,
  };
}

/** The values of an epoch that members compare out of band (RFC 9420 §8.7). Not secret. */
export function epochAuthenticatorOf({ secrets }: GroupState): Bytes {
  return copyBytes(secrets.epochAuthenticator);
}
