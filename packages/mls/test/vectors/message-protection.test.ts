import { describe, expect, it } from 'vitest';
import { type Bytes, noBytes } from '../../src/codec/bytes.ts';
import { decode, type Reader } from '../../src/codec/reader.ts';
import { encode, type Writer } from '../../src/codec/writer.ts';
import { cipherSuite } from '../../src/crypto/suites.ts';
import { membershipTagIsValid, signContent, verifyContent } from '../../src/framing/authenticate.ts';
import { openPrivateMessage, openPublicMessage } from '../../src/group/open-message.ts';
import { protect } from '../../src/group/protect.ts';
import type { GroupState } from '../../src/group/state.ts';
import { readCommit, writeCommit } from '../../src/messages/commit.ts';
import { basicCredential } from '../../src/messages/credential.ts';
import type { AuthenticatedContent, Content } from '../../src/messages/framed-content.ts';
import { encodeLeafNodeContent, makeLeafNode } from '../../src/messages/leaf-node.ts';
import { decodeMlsMessage } from '../../src/messages/mls-message.ts';
import { contentTypes, leafNodeSources, senderTypes, wireFormats } from '../../src/messages/numbers.ts';
import { readProposal, writeProposal } from '../../src/messages/proposal.ts';
import { newSecretTree } from '../../src/schedule/secret-tree.ts';
import { treeOf } from '../../src/tree/ratchet-tree.ts';
import { branch, leafSlot } from '../../src/tree/subtree.ts';
import { fromHex, importSeed, loadVectors, plainContext, type SuiteVector, toHex } from './load.ts';

interface Vector extends SuiteVector {
  readonly group_id: string;
  readonly epoch: number;
  readonly tree_hash: string;
  readonly confirmed_transcript_hash: string;
  readonly signature_priv: string;
  readonly signature_pub: string;
  readonly encryption_secret: string;
  readonly sender_data_secret: string;
  readonly membership_key: string;
  readonly proposal: string;
  readonly proposal_pub: string;
  readonly proposal_priv: string;
  readonly commit: string;
  readonly commit_pub: string;
  readonly commit_priv: string;
  readonly application: string;
  readonly application_priv: string;
}

const receiver = 0;
const sender = 1;

function leafWith(signatureKey: Bytes) {
  const content = {
    encryptionKey: signatureKey,
    signatureKey,
    credential: basicCredential(noBytes),
    capabilities: { versions: [], cipherSuites: [], extensions: [], proposals: [], credentials: [] },
    source: { type: leafNodeSources.update },
    extensions: [],
  } as const;
  return makeLeafNode(content, encodeLeafNodeContent(content), noBytes);
}

/** Both members' view of a group in which the second one has the vector's signature key. */
function stateOf(vector: Vector, leafIndex: number): GroupState {
  const leaves = [leafSlot(receiver, leafWith(noBytes)), leafSlot(sender, leafWith(fromHex(vector.signature_pub)))];
  return {
    suite: cipherSuite(vector.cipher_suite),
    ...plainContext(vector, vector.epoch),
    tree: treeOf(branch(undefined, leaves[0] as (typeof leaves)[0], leaves[1] as (typeof leaves)[0])),
    leafIndex,
    privateKeys: new Map(),
    secrets: {
      senderDataSecret: fromHex(vector.sender_data_secret),
      membershipKey: fromHex(vector.membership_key),
      exporterSecret: noBytes,
      externalSecret: noBytes,
      confirmationKey: noBytes,
      resumptionPsk: noBytes,
      epochAuthenticator: noBytes,
      initSecret: noBytes,
    },
    secretTree: newSecretTree(fromHex(vector.encryption_secret)),
    confirmationTag: noBytes,
    interimTranscriptHash: noBytes,
    proposals: new Map(),
    ownUpdates: [],
    pastEpochs: [],
    resumptionPsks: new Map(),
    status: 'active',
    reInit: undefined,
    treeVerified: true,
  };
}

async function open(vector: Vector, message: Bytes): Promise<AuthenticatedContent> {
  const state = stateOf(vector, receiver);
  const decoded = decodeMlsMessage(message);
  switch (decoded.wireFormat) {
    case wireFormats.publicMessage:
      return openPublicMessage(state, decoded.publicMessage);
    case wireFormats.privateMessage:
      return (await openPrivateMessage(state, decoded.privateMessage)).content;
    default:
      throw new Error('not a message for a group');
  }
}

async function signed(vector: Vector, wireFormat: number, content: Content): Promise<AuthenticatedContent> {
  const { suite, context, contextBytes } = stateOf(vector, sender);
  const { groupId, epoch } = context;
  const framed = {
    groupId,
    epoch,
    sender: { type: senderTypes.member, leafIndex: sender },
    authenticatedData: fromHex('616164'),
    content,
  } as const;
  const key = await importSeed(vector.signature_priv);
  const authenticated = await signContent(suite, wireFormat, framed, contextBytes, key);
  // What a commit's tag is made of is not in the vectors.
  const tag = content.type === contentTypes.commit ? suite.hash.digest(noBytes) : undefined;
  return { ...authenticated, confirmationTag: tag };
}

function encodeBody({ content }: AuthenticatedContent['framed']): string {
  switch (content.type) {
    case contentTypes.application:
      return toHex(content.data);
    case contentTypes.proposal:
      return toHex(encode(content.proposal, writeProposal));
    case contentTypes.commit:
      return toHex(encode(content.commit, writeCommit));
  }
}

const item = <T>(hex: string, read: (reader: Reader) => T, write: (writer: Writer, value: T) => void): T => {
  const value = decode(fromHex(hex), read);
  expect(toHex(encode(value, write))).toBe(hex);
  return value;
};

describe.each(loadVectors<Vector>('message-protection.json'))('message-protection case %i', (_, vector) => {
  const handshakes = [
    {
      name: 'proposal',
      raw: vector.proposal,
      given: [vector.proposal_pub, vector.proposal_priv],
      content: (): Content => ({
        type: contentTypes.proposal,
        proposal: item(vector.proposal, readProposal, writeProposal),
      }),
    },
    {
      name: 'commit',
      raw: vector.commit,
      given: [vector.commit_pub, vector.commit_priv],
      content: (): Content => ({ type: contentTypes.commit, commit: item(vector.commit, readCommit, writeCommit) }),
    },
  ];
  const application = (): Content => ({ type: contentTypes.application, data: fromHex(vector.application) });

  it.each(handshakes)('$name: the given messages open', async ({ raw, given }) => {
    for (const message of given) {
      const opened = await open(vector, fromHex(message));
      expect(opened.framed.sender).toEqual({ type: senderTypes.member, leafIndex: sender });
      expect(encodeBody(opened.framed)).toBe(raw);
    }
  });

  it.each(handshakes)('$name: the given PublicMessage has a valid tag and signature', async ({ given }) => {
    const { suite, contextBytes, secrets } = stateOf(vector, receiver);
    const decoded = decodeMlsMessage(fromHex(given[0] as string));
    if (decoded.wireFormat !== wireFormats.publicMessage) throw new Error('not public');
    const { content, membershipTag } = decoded.publicMessage;
    const { membershipKey } = secrets;
    expect(membershipTagIsValid(suite.hash, content, membershipTag, contextBytes, membershipKey)).toBe(true);
    expect(await verifyContent(suite, content, contextBytes, fromHex(vector.signature_pub))).toBe(true);
  });

  it.each(handshakes)('$name: protected again, in both formats', async ({ raw, content }) => {
    for (const format of [wireFormats.publicMessage, wireFormats.privateMessage]) {
      const { message } = await protect(stateOf(vector, sender), await signed(vector, format, content()), 7);
      expect(decodeMlsMessage(message).wireFormat).toBe(format);
      expect(encodeBody((await open(vector, message)).framed)).toBe(raw);
    }
  });

  it('application: the given message opens', async () => {
    const opened = await open(vector, fromHex(vector.application_priv));
    expect(encodeBody(opened.framed)).toBe(vector.application);
  });

  it('application: protected again as a PrivateMessage', async () => {
    const content = await signed(vector, wireFormats.privateMessage, application());
    const { message } = await protect(stateOf(vector, sender), content, 7);
    expect(encodeBody((await open(vector, message)).framed)).toBe(vector.application);
  });

  it('application: cannot be protected as a PublicMessage', async () => {
    const content = await signed(vector, wireFormats.publicMessage, application());
    await expect(protect(stateOf(vector, sender), content)).rejects.toMatchObject({ rule: 'application_public' });
  });

  it('a message signed by someone else does not open', async () => {
    const proposal = item(vector.proposal, readProposal, writeProposal);
    const content: Content = { type: contentTypes.proposal, proposal };
    const forger = { ...vector, signature_priv: vector.encryption_secret };
    for (const format of [wireFormats.publicMessage, wireFormats.privateMessage]) {
      const { message } = await protect(stateOf(vector, sender), await signed(forger, format, content));
      await expect(open(vector, message)).rejects.toMatchObject({ rule: 'content_signature' });
    }
  });

  it('a changed message does not open', async () => {
    for (const hex of [vector.proposal_pub, vector.proposal_priv, vector.application_priv]) {
      const message = fromHex(hex);
      message[message.length - 1] = (message.at(-1) as number) ^ 1;
      await expect(open(vector, message)).rejects.toMatchObject({ name: 'MlsError' });
    }
  });
});
