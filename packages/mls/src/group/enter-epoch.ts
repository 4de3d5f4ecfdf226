import { type Bytes, equalConstantTime } from '../codec/bytes.ts';
import { broken } from '../errors.ts';
import type { AuthenticatedContent } from '../messages/framed-content.ts';
import type { GroupContext } from '../messages/group-context.ts';
import type { ReInit } from '../messages/proposal.ts';
import { confirmationTagOf, type DerivedEpoch, epochFromJoiner, joinerSecretOf } from '../schedule/key-schedule.ts';
import { newSecretTree } from '../schedule/secret-tree.ts';
import { confirmedTranscriptHash, interimTranscriptHash } from '../schedule/transcript-hash.ts';
import type { PrivateTree } from '../tree/private-tree.ts';
import type { RatchetTree } from '../tree/ratchet-tree.ts';
import type { MlsClient } from './client.ts';
import { type GroupState, nextContext, type PastEpoch } from './state.ts';

/** What the key schedule of the next epoch is fed with (RFC 9420 §8). */
export interface EpochInputs {
  readonly initSecret: Bytes;
  readonly commitSecret: Bytes;
  readonly pskSecret: Bytes;
}

/** The next epoch, as all members compute it from a commit that is signed but whose confirmation tag is still to be compared. */
export interface NextEpoch {
  readonly context: GroupContext;
  readonly contextBytes: Bytes;
  readonly joinerSecret: Bytes;
  readonly derived: DerivedEpoch;
  readonly confirmationTag: Bytes;
  readonly interimTranscriptHash: Bytes;
}

/** Runs transcript and key schedule (RFC 9420 §8.2, §12.4.2). `provisional` already has the next epoch, tree hash and extensions. */
export function deriveNextEpoch(
  { hash }: MlsClient['suite'],
  provisional: GroupContext,
  interimBefore: Bytes,
  content: Pick<AuthenticatedContent, 'wireFormat' | 'framedBytes' | 'signature'>,
  { initSecret, commitSecret, pskSecret }: EpochInputs,
): NextEpoch {
  const confirmed = confirmedTranscriptHash(hash, interimBefore, content);
  const { context, contextBytes } = nextContext(provisional, { confirmedTranscriptHash: confirmed });
  const joinerSecret = joinerSecretOf(hash, initSecret, commitSecret, contextBytes);
  const derived = epochFromJoiner(hash, joinerSecret, pskSecret, contextBytes);
  const confirmationTag = confirmationTagOf(hash, derived.secrets, confirmed);
  return {
    context,
    contextBytes,
    joinerSecret,
    derived,
    confirmationTag,
    interimTranscriptHash: interimTranscriptHash(hash, confirmed, confirmationTag),
  };
}

/** Compares the tag that came with a commit or a group info (RFC 9420 §6.1, §12.4.3.1). */
export function assertConfirmationTag(expected: Bytes, tag: Bytes | undefined): void {
  if (tag === undefined || !equalConstantTime(expected, tag)) throw broken('confirmation_tag');
}

function resumptionPsksWith(
  before: ReadonlyMap<bigint, Bytes>,
  epoch: bigint,
  psk: Bytes,
  keep: number,
): ReadonlyMap<bigint, Bytes> {
  const kept = [...before].filter(([old]) => epoch - old <= BigInt(keep));
  return new Map([...kept, [epoch, psk]]);
}

function pastEpochsWith(state: GroupState, keep: number): readonly PastEpoch[] {
  const { context, contextBytes, tree, secrets, secretTree } = state;
  const latest = { context, contextBytes, tree, senderDataSecret: secrets.senderDataSecret, secretTree };
  return [latest, ...state.pastEpochs].slice(0, keep);
}

/** The parts of a state that are new with every epoch. */
export function epochState(
  client: MlsClient,
  next: NextEpoch,
  tree: RatchetTree,
  leafIndex: number,
  privateKeys: PrivateTree,
): GroupState {
  return {
    suite: client.suite,
    context: next.context,
    contextBytes: next.contextBytes,
    tree,
    leafIndex,
    privateKeys,
    secrets: next.derived.secrets,
    secretTree: newSecretTree(next.derived.encryptionSecret),
    confirmationTag: next.confirmationTag,
    interimTranscriptHash: next.interimTranscriptHash,
    proposals: new Map(),
    ownUpdates: [],
    pastEpochs: [],
    resumptionPsks: new Map([[next.context.epoch, next.derived.secrets.resumptionPsk]]),
    status: 'active',
    reInit: undefined,
    treeVerified: true,
  };
}

/** A member's state after a commit. */
export function followingState(
  client: MlsClient,
  state: GroupState,
  next: NextEpoch,
  tree: RatchetTree,
  privateKeys: PrivateTree,
  reInit: ReInit | undefined,
): GroupState {
  const { epoch } = next.context;
  const { resumptionPsk } = next.derived.secrets;
  return {
    ...epochState(client, next, tree, state.leafIndex, privateKeys),
    pastEpochs: pastEpochsWith(state, client.pastEpochs),
    resumptionPsks: resumptionPsksWith(state.resumptionPsks, epoch, resumptionPsk, client.resumptionPsks),
    // After a ReInit this epoch exists only for its resumption PSK (RFC 9420 §11.2).
    status: reInit === undefined ? 'active' : 'reinitialized',
    reInit,
    treeVerified: state.treeVerified,
  };
}
