import { type Bytes, copyBytes, noBytes } from '../codec/bytes.ts';
import { encode } from '../codec/writer.ts';
import type { CipherSuite } from '../crypto/cipher-suite.ts';
import { proposalRef } from '../crypto/labels.ts';
import { MlsError } from '../errors.ts';
import { signContent } from '../framing/authenticate.ts';
import { limits } from '../limits.ts';
import {
  type AuthenticatedContent,
  type FramedContent,
  type Sender,
  writeAuthenticatedContent,
} from '../messages/framed-content.ts';
import type { GroupContext } from '../messages/group-context.ts';
import { encodeMlsMessage } from '../messages/mls-message.ts';
import { contentTypes, leafNodeSources, proposalTypes, senderTypes, wireFormats } from '../messages/numbers.ts';
import type { Proposal } from '../messages/proposal.ts';
import type { MlsClient } from './client.ts';
import { assertWithinLifetime } from './key-package.ts';
import { assertSenderMayPropose, proposalKey } from './proposal-list.ts';
import { assertOwnLeaf, type HandshakeFormat, type ProtectedMessage, protect, signOwnContent } from './protect.ts';
import { signLeafNode } from './sign-leaf.ts';
import { assertActive, assertVerified, type GroupState } from './state.ts';

/** With a proposal kept for the commit that refers to it. */
export function withProposal(state: GroupState, content: AuthenticatedContent): GroupState {
  const { framed } = content;
  if (framed.content.type !== contentTypes.proposal) throw new MlsError('unexpected_content', 'not a proposal');
  const { proposal } = framed.content;
  assertSenderMayPropose({ proposal, sender: framed.sender });
  if (state.proposals.size >= limits.pendingProposals) throw new MlsError('policy', 'too many proposals are pending');
  const reference = referenceOfProposal(state.suite, content);
  const proposals = new Map(state.proposals);
  proposals.set(proposalKey(reference), { proposal, sender: framed.sender, reference });
  return { ...state, proposals };
}

/** ProposalRef of RFC 9420 §5.2. */
export function referenceOfProposal({ hash }: CipherSuite, content: AuthenticatedContent): Bytes {
  return proposalRef(hash, encode(content, writeAuthenticatedContent));
}

export interface ProposeOptions {
  readonly format?: HandshakeFormat;
  readonly authenticatedData?: Uint8Array;
}

/** Sends a proposal as a member (RFC 9420 §12.1). The state returned keeps it for a commit. */
export async function propose(
  client: MlsClient,
  state: GroupState,
  proposal: Proposal,
  { format = 'public', authenticatedData }: ProposeOptions = {},
): Promise<ProtectedMessage> {
  assertActive(state);
  assertVerified(state);
  assertOwnLeaf(client, state);
  if (proposal.type === proposalTypes.add) assertWithinLifetime(proposal.keyPackage, client.now());
  const content = { type: contentTypes.proposal, proposal };
  const signed = await signOwnContent(client, state, content, copyBytes(authenticatedData ?? noBytes), format);
  const { message, state: next } = await protect(state, signed);
  return { message, state: withProposal(next, signed) };
}

/** Proposes new keys for this member's leaf (RFC 9420 §12.1.2). */
export async function proposeUpdate(
  client: MlsClient,
  state: GroupState,
  options: ProposeOptions = {},
): Promise<ProtectedMessage> {
  assertActive(state);
  const leafKeys = await client.suite.kem.generateKeyPair();
  const position = { groupId: state.context.groupId, leafIndex: state.leafIndex };
  const leafNode = await signLeafNode(client, leafKeys.publicKey, { type: leafNodeSources.update }, position);
  const sent = await propose(client, state, { type: proposalTypes.update, leafNode }, options);
  return { message: sent.message, state: { ...sent.state, ownUpdates: [...state.ownUpdates, leafKeys] } };
}

async function publicProposal(
  { suite, signer }: Pick<MlsClient, 'suite' | 'signer'>,
  { groupId, epoch }: Pick<GroupContext, 'groupId' | 'epoch'>,
  sender: Sender,
  proposal: Proposal,
): Promise<Bytes> {
  const framed: FramedContent = {
    groupId,
    epoch,
    sender,
    authenticatedData: noBytes,
    content: { type: contentTypes.proposal, proposal },
  };
  // Their signature does not cover the group context, which they need not know (RFC 9420 §6.1).
  const content = await signContent(suite, wireFormats.publicMessage, framed, noBytes, signer.privateKey);
  return encodeMlsMessage({
    wireFormat: wireFormats.publicMessage,
    publicMessage: { content, membershipTag: undefined },
  });
}

/** A proposal by someone in the group's `external_senders`, at `senderIndex` there (RFC 9420 §12.1.8.1). */
export function proposeExternally(
  client: Pick<MlsClient, 'suite' | 'signer'>,
  group: Pick<GroupContext, 'groupId' | 'epoch'>,
  senderIndex: number,
  proposal: Proposal,
): Promise<Bytes> {
  assertSenderMayPropose({ proposal, sender: { type: senderTypes.external, senderIndex } });
  return publicProposal(client, group, { type: senderTypes.external, senderIndex }, proposal);
}

/** A client asks to be added (RFC 9420 §12.1.8, `new_member_proposal`). */
export function proposeToJoin(
  client: Pick<MlsClient, 'suite' | 'signer'>,
  group: Pick<GroupContext, 'groupId' | 'epoch'>,
  proposal: Extract<Proposal, { type: typeof proposalTypes.add }>,
): Promise<Bytes> {
  return publicProposal(client, group, { type: senderTypes.newMemberProposal }, proposal);
}
