import { type Bytes, equalBytes } from '../codec/bytes.ts';
import { MlsError, must } from '../errors.ts';
import { membershipTagOf, signContent } from '../framing/authenticate.ts';
import { sealPrivateMessage } from '../framing/private-content.ts';
import type { AuthenticatedContent, Content, FramedContent } from '../messages/framed-content.ts';
import { encodeMlsMessage } from '../messages/mls-message.ts';
import { contentTypes, senderTypes, wireFormats } from '../messages/numbers.ts';
import { nextKey } from '../schedule/ratchet.ts';
import { beginSecretLeaf, secretLeafAt, withSecretLeaf } from '../schedule/secret-tree.ts';
import { leafAt } from '../tree/ratchet-tree.ts';
import type { MlsClient } from './client.ts';
import { type GroupState, leafCountOf } from './state.ts';

/** Public: anyone may read it, members may check it. Private: only members can read it. */
export type HandshakeFormat = 'public' | 'private';

/** Content of this member for the present epoch. */
export function framedContentOf(state: GroupState, content: Content, authenticatedData: Bytes): FramedContent {
  const { groupId, epoch } = state.context;
  return {
    groupId,
    epoch,
    sender: { type: senderTypes.member, leafIndex: state.leafIndex },
    authenticatedData,
    content,
  };
}

/** Refuses a client that is not the state's: what it signs, nobody could verify. */
export function assertOwnLeaf({ signer }: MlsClient, { tree, leafIndex }: GroupState): void {
  const leaf = leafAt(tree, leafIndex);
  if (leaf === undefined || !equalBytes(leaf.signatureKey, signer.publicKey)) {
    throw new MlsError('misuse', "this client's signing key is not that of its leaf");
  }
}

/** Signs content of this member; a commit still lacks its confirmation tag. */
export function signOwnContent(
  client: MlsClient,
  state: GroupState,
  content: Content,
  authenticatedData: Bytes,
  format: HandshakeFormat,
): Promise<AuthenticatedContent> {
  const framed = framedContentOf(state, content, authenticatedData);
  const wireFormat = format === 'public' ? wireFormats.publicMessage : wireFormats.privateMessage;
  return signContent(client.suite, wireFormat, framed, state.contextBytes, client.signer.privateKey);
}

export interface ProtectedMessage {
  readonly state: GroupState;
  /** MLSMessage. */
  readonly message: Bytes;
}

/** Signed content as a message of its wire format (RFC 9420 §6.2, §6.3). A private one uses up a key. */
export async function protect(
  state: GroupState,
  content: AuthenticatedContent,
  paddingBytes = 0,
): Promise<ProtectedMessage> {
  const { suite, leafIndex, tree, secrets } = state;
  if (content.wireFormat === wireFormats.publicMessage) {
    must(content.framed.content.type !== contentTypes.application, 'application_public');
    const membershipTag = membershipTagOf(suite.hash, content, state.contextBytes, secrets.membershipKey);
    const publicMessage = { content, membershipTag };
    return { state, message: encodeMlsMessage({ wireFormat: wireFormats.publicMessage, publicMessage }) };
  }
  const leafCount = leafCountOf(tree);
  const begun = beginSecretLeaf(suite, state.secretTree, leafIndex, leafCount);
  const ratchets = secretLeafAt(begun, leafIndex, leafCount);
  const kind = content.framed.content.type === contentTypes.application ? 'application' : 'handshake';
  const { ratchet, messageKey, generation } = nextKey(suite, ratchets[kind]);
  const { senderDataSecret } = secrets;
  const sealing = { leafIndex, generation, messageKey, senderDataSecret, paddingBytes };
  const privateMessage = await sealPrivateMessage(suite, content, sealing);
  messageKey.key.fill(0);
  if (begun !== state.secretTree) ratchets[kind].secret.fill(0);
  const secretTree = withSecretLeaf(begun, leafIndex, leafCount, { ...ratchets, [kind]: ratchet });
  return {
    state: { ...state, secretTree },
    message: encodeMlsMessage({ wireFormat: wireFormats.privateMessage, privateMessage }),
  };
}
