import { type Bytes, equalBytes } from '../codec/bytes.ts';
import { broken, MlsError, must } from '../errors.ts';
import { membershipTagIsValid, verifyContent } from '../framing/authenticate.ts';
import { openCiphertext, openSenderData, readPrivateContent } from '../framing/private-content.ts';
import { limits } from '../limits.ts';
import { externalSendersOf } from '../messages/extension.ts';
import type { AuthenticatedContent, Sender } from '../messages/framed-content.ts';
import { contentTypes, proposalTypes, senderTypes } from '../messages/numbers.ts';
import type { PrivateMessage } from '../messages/private-message.ts';
import type { PublicMessage } from '../messages/public-message.ts';
import { keyOf } from '../schedule/ratchet.ts';
import {
  beginSecretLeaf,
  type SecretTree,
  secretLeafAt,
  withoutSkipped,
  withSecretLeaf,
} from '../schedule/secret-tree.ts';
import { leafAt } from '../tree/ratchet-tree.ts';
import { type GroupState, leafCountOf, type PastEpoch } from './state.ts';

function assertSameGroup({ context }: GroupState, groupId: Bytes): void {
  if (!equalBytes(groupId, context.groupId)) throw new MlsError('wrong_group', 'for another group');
}

/** The signature key that a sender must have used (RFC 9420 §6.1). `undefined` for an external committer: its path has it. */
function signatureKeyOf(state: GroupState, sender: Sender, { framed: { content } }: AuthenticatedContent): Bytes {
  switch (sender.type) {
    case senderTypes.member: {
      const leaf = leafAt(state.tree, sender.leafIndex);
      must(leaf !== undefined, 'sender_missing');
      return leaf.signatureKey;
    }
    case senderTypes.external: {
      const external = externalSendersOf(state.context.extensions)[sender.senderIndex];
      must(external !== undefined, 'sender_missing');
      return external.signatureKey;
    }
    case senderTypes.newMemberProposal:
      must(
        content.type === contentTypes.proposal && content.proposal.type === proposalTypes.add,
        'sender_content_type',
      );
      return content.proposal.keyPackage.leafNode.signatureKey;
    case senderTypes.newMemberCommit:
      must(content.type === contentTypes.commit, 'sender_content_type');
      must(content.commit.path !== undefined, 'external_commit_path');
      return content.commit.path.leafNode.signatureKey;
  }
}

/** Checks a PublicMessage of the present epoch (RFC 9420 §6.2). */
export async function openPublicMessage(
  state: GroupState,
  { content, membershipTag }: PublicMessage,
): Promise<AuthenticatedContent> {
  const { framed } = content;
  assertSameGroup(state, framed.groupId);
  if (framed.epoch !== state.context.epoch) throw new MlsError('wrong_epoch', 'not of the present epoch');
  must(framed.content.type !== contentTypes.application, 'application_public');
  const { sender } = framed;
  if (sender.type === senderTypes.external || sender.type === senderTypes.newMemberProposal) {
    must(framed.content.type === contentTypes.proposal, 'sender_content_type');
  }
  const key = signatureKeyOf(state, sender, content);
  if (sender.type === senderTypes.member) {
    const { membershipKey } = state.secrets;
    if (!membershipTagIsValid(state.suite.hash, content, membershipTag, state.contextBytes, membershipKey)) {
      throw broken('membership_tag');
    }
  }
  if (!(await verifyContent(state.suite, content, state.contextBytes, key))) throw broken('content_signature');
  return content;
}

/** What a PrivateMessage turned out to be, and the state that has forgotten its key. */
export interface OpenedPrivateMessage {
  readonly state: GroupState;
  readonly content: AuthenticatedContent;
  readonly sender: { readonly leafIndex: number; readonly epoch: PastEpoch };
}

export interface MessageOrigin {
  readonly leafIndex: number;
  /** Of the sender's application ratchet in this epoch, from 0. */
  readonly generation: number;
}

/** The epoch that a message belongs to: the present one or, for application messages, one that is kept. */
function epochOf(state: GroupState, { epoch, contentType }: PrivateMessage): PastEpoch {
  const { context, contextBytes, tree, secrets, secretTree } = state;
  if (epoch === context.epoch) {
    return { context, contextBytes, tree, senderDataSecret: secrets.senderDataSecret, secretTree };
  }
  const past = state.pastEpochs.find((candidate) => candidate.context.epoch === epoch);
  if (past === undefined || contentType !== contentTypes.application) {
    throw new MlsError('wrong_epoch', 'of an epoch whose keys are not here');
  }
  return past;
}

function withSecretTree(state: GroupState, epoch: PastEpoch, secretTree: SecretTree): GroupState {
  if (epoch.context.epoch === state.context.epoch) return { ...state, secretTree };
  const pastEpochs = state.pastEpochs.map((past) => (past === epoch ? { ...past, secretTree } : past));
  return { ...state, pastEpochs };
}

/**
 * Which leaf an application message of the present epoch names as its sender, and which of its keys (RFC 9420 §6.3.2). Uses nothing
 * up. All members hold the key of the sender data, so any of them can make a message that names another: nothing is proved before
 * {@link openPrivateMessage} has checked the signature.
 */
export async function originOf(state: GroupState, message: PrivateMessage): Promise<MessageOrigin> {
  assertSameGroup(state, message.groupId);
  if (message.contentType !== contentTypes.application) {
    throw new MlsError('unexpected_content', 'a private handshake message');
  }
  if (message.epoch !== state.context.epoch) throw new MlsError('wrong_epoch', 'not of the present epoch');
  const { leafIndex, generation } = await openSenderData(state.suite, message, state.secrets.senderDataSecret);
  must(leafAt(state.tree, leafIndex) !== undefined, 'sender_missing');
  return { leafIndex, generation };
}

/** Decrypts and checks a PrivateMessage (RFC 9420 §6.3). `skippedKeys`: as `MlsClient.skippedKeys`. */
export async function openPrivateMessage(
  state: GroupState,
  message: PrivateMessage,
  skippedKeys: number = limits.skippedKeys,
): Promise<OpenedPrivateMessage> {
  const { suite } = state;
  assertSameGroup(state, message.groupId);
  const epoch = epochOf(state, message);
  const senderData = await openSenderData(suite, message, epoch.senderDataSecret);
  const { leafIndex } = senderData;
  const leaf = leafAt(epoch.tree, leafIndex);
  must(leaf !== undefined, 'sender_missing');
  if (leafIndex === state.leafIndex) throw new MlsError('own_message', 'sent by this member itself');
  const leafCount = leafCountOf(epoch.tree);
  const begun = beginSecretLeaf(suite, epoch.secretTree, leafIndex, leafCount);
  const ratchets = secretLeafAt(begun, leafIndex, leafCount);
  const kind = message.contentType === contentTypes.application ? 'application' : 'handshake';
  const { ratchet, messageKey } = keyOf(suite, ratchets[kind], senderData.generation, skippedKeys);
  const plaintext = await openCiphertext(suite.aead, message, messageKey, senderData);
  const content = readPrivateContent(plaintext, message, leafIndex);
  if (!(await verifyContent(suite, content, epoch.contextBytes, leaf.signatureKey))) throw broken('content_signature');
  // What came into being here is in no state, so that nobody else would wipe it (RFC 9420 §9.2).
  if (begun !== epoch.secretTree) ratchets[kind].secret.fill(0);
  if (senderData.generation >= ratchets[kind].generation) messageKey.key.fill(0);
  const used = withSecretLeaf(begun, leafIndex, leafCount, { ...ratchets, [kind]: ratchet });
  // A state that another client stored may still hold skipped keys, of any sender.
  const secretTree = skippedKeys > 0 ? used : withoutSkipped(used);
  return { state: withSecretTree(state, epoch, secretTree), content, sender: { leafIndex, epoch } };
}
