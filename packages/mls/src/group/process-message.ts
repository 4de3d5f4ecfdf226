import type { Bytes } from '../codec/bytes.ts';
import { MlsError } from '../errors.ts';
import type { AuthenticatedContent } from '../messages/framed-content.ts';
import type { MlsMessage } from '../messages/mls-message.ts';
import { contentTypes, wireFormats } from '../messages/numbers.ts';
import { leafAt } from '../tree/ratchet-tree.ts';
import type { MlsClient } from './client.ts';
import { openPrivateMessage, openPublicMessage } from './open-message.ts';
import type { PlacedLeaf, SentProposal } from './policy.ts';
import { type ProcessedCommit, processCommit } from './process-commit.ts';
import { withProposal } from './propose.ts';
import { assertActive, assertVerified, type GroupState } from './state.ts';

/** What a message was, and the state that follows. */
export type ProcessedMessage =
  | ({ readonly kind: 'commit'; readonly authenticatedData: Bytes } & ProcessedCommit)
  | {
      readonly kind: 'proposal';
      readonly state: GroupState;
      readonly proposal: SentProposal;
      readonly authenticatedData: Bytes;
    }
  | {
      readonly kind: 'application';
      readonly state: GroupState;
      readonly data: Bytes;
      /** As its leaf stood in the message's epoch. */
      readonly sender: PlacedLeaf;
      readonly epoch: bigint;
      readonly authenticatedData: Bytes;
    };

async function processHandshake(
  client: MlsClient,
  state: GroupState,
  content: AuthenticatedContent,
): Promise<ProcessedMessage> {
  const { authenticatedData, content: body, sender } = content.framed;
  if (body.type === contentTypes.commit) {
    return { kind: 'commit', authenticatedData, ...(await processCommit(client, state, content)) };
  }
  if (body.type === contentTypes.proposal) {
    const proposal = { proposal: body.proposal, sender };
    return { kind: 'proposal', state: withProposal(state, content), proposal, authenticatedData };
  }
  throw new MlsError('internal', 'content of an unknown type');
}

/** Processes a message for the group (RFC 9420 §6, §12). Fails without a trace: the given state stays as good as it was. */
export async function processMessage(
  client: MlsClient,
  state: GroupState,
  message: MlsMessage,
): Promise<ProcessedMessage> {
  assertActive(state);
  switch (message.wireFormat) {
    case wireFormats.publicMessage:
      return processHandshake(client, state, await openPublicMessage(state, message.publicMessage));
    case wireFormats.privateMessage: {
      const isApplication = message.privateMessage.contentType === contentTypes.application;
      if (isApplication) assertVerified(state);
      const opened = await openPrivateMessage(state, message.privateMessage, client.skippedKeys);
      const { content, authenticatedData } = opened.content.framed;
      if (content.type !== contentTypes.application) return processHandshake(client, opened.state, opened.content);
      const { leafIndex, epoch } = opened.sender;
      const leafNode = leafAt(epoch.tree, leafIndex);
      if (leafNode === undefined) throw new MlsError('internal', 'the sender has no leaf');
      return {
        kind: 'application',
        state: opened.state,
        data: content.data,
        sender: { leafIndex, leafNode },
        epoch: epoch.context.epoch,
        authenticatedData,
      };
    }
    default:
      throw new MlsError('unexpected_content', 'not a message for a group');
  }
}
