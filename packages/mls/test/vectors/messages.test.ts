import { describe, expect, it } from 'vitest';
import type { Bytes } from '../../src/codec/bytes.ts';
import { decode, type Reader } from '../../src/codec/reader.ts';
import { encode, type Writer } from '../../src/codec/writer.ts';
import { readCommit, writeCommit } from '../../src/messages/commit.ts';
import { encodeFramedContent, type FramedContent } from '../../src/messages/framed-content.ts';
import { encodeGroupInfoContent } from '../../src/messages/group-info.ts';
import { encodeKeyPackageContent, type KeyPackage } from '../../src/messages/key-package.ts';
import { encodeLeafNodeContent, type LeafNode } from '../../src/messages/leaf-node.ts';
import { decodeMlsMessage, encodeMlsMessage, type MlsMessage } from '../../src/messages/mls-message.ts';
import { contentTypes, proposalTypes, wireFormats } from '../../src/messages/numbers.ts';
import { type Proposal, readProposal, writeProposal } from '../../src/messages/proposal.ts';
import { readGroupSecrets, writeGroupSecrets } from '../../src/messages/welcome.ts';
import { readTree, writeTree } from '../../src/tree/encode-tree.ts';
import { occupiedSlots } from '../../src/tree/subtree.ts';
import { fromHex, loadVectors, toHex } from './load.ts';

type Vector = Record<(typeof proposalFields)[number][0], string> & {
  readonly mls_welcome: string;
  readonly mls_group_info: string;
  readonly mls_key_package: string;
  readonly ratchet_tree: string;
  readonly group_secrets: string;
  readonly commit: string;
  readonly public_message_application: string;
  readonly public_message_proposal: string;
  readonly public_message_commit: string;
  readonly private_message: string;
};

/** The vectors have the bodies of proposals, without the type in front. */
const proposalFields = [
  ['add_proposal', proposalTypes.add],
  ['update_proposal', proposalTypes.update],
  ['remove_proposal', proposalTypes.remove],
  ['pre_shared_key_proposal', proposalTypes.preSharedKey],
  ['re_init_proposal', proposalTypes.reInit],
  ['external_init_proposal', proposalTypes.externalInit],
  ['group_context_extensions_proposal', proposalTypes.groupContextExtensions],
] as const;

function again<T>(hex: string, read: (reader: Reader) => T, write: (writer: Writer, value: T) => void): T {
  const value = decode(fromHex(hex), read);
  expect(toHex(encode(value, write))).toBe(hex);
  return value;
}

function expectBytes(encoded: Bytes, kept: Bytes): void {
  expect(toHex(encoded)).toBe(toHex(kept));
}

/** Signed structures keep the bytes that they came in; here they are encoded from what was read. */
function expectLeafNode(leaf: LeafNode): void {
  expectBytes(encodeLeafNodeContent(leaf), leaf.signedPart);
}

function expectKeyPackage(keyPackage: KeyPackage): void {
  expectBytes(encodeKeyPackageContent(keyPackage), keyPackage.signedPart);
  expectLeafNode(keyPackage.leafNode);
}

function expectProposal(proposal: Proposal): void {
  if (proposal.type === proposalTypes.add) expectKeyPackage(proposal.keyPackage);
  if (proposal.type === proposalTypes.update) expectLeafNode(proposal.leafNode);
}

function expectContent({ content }: FramedContent): void {
  if (content.type === contentTypes.proposal) expectProposal(content.proposal);
  if (content.type !== contentTypes.commit) return;
  for (const item of content.commit.proposals) if (item.kind === 'value') expectProposal(item.proposal);
  if (content.commit.path !== undefined) expectLeafNode(content.commit.path.leafNode);
}

function messageAgain<F extends MlsMessage['wireFormat']>(
  hex: string,
  wireFormat: F,
): Extract<MlsMessage, { wireFormat: F }> {
  const message = decodeMlsMessage(fromHex(hex));
  expect(message.wireFormat).toBe(wireFormat);
  expect(toHex(encodeMlsMessage(message))).toBe(hex);
  return message as Extract<MlsMessage, { wireFormat: F }>;
}

function publicMessageAgain(hex: string, contentType: number): void {
  const { publicMessage } = messageAgain(hex, wireFormats.publicMessage);
  const { framed, framedBytes } = publicMessage.content;
  expect(framed.content.type).toBe(contentType);
  expectBytes(encodeFramedContent(framed), framedBytes);
  expectContent(framed);
}

describe.each(loadVectors<Vector>('messages.json'))('messages case %i', (_, vector) => {
  it('mls_welcome, group_secrets', () => {
    messageAgain(vector.mls_welcome, wireFormats.welcome);
    again(vector.group_secrets, readGroupSecrets, writeGroupSecrets);
  });

  it('mls_group_info', () => {
    const { groupInfo } = messageAgain(vector.mls_group_info, wireFormats.groupInfo);
    expectBytes(encodeGroupInfoContent(groupInfo), groupInfo.signedPart);
  });

  it('mls_key_package', () => {
    expectKeyPackage(messageAgain(vector.mls_key_package, wireFormats.keyPackage).keyPackage);
  });

  it('ratchet_tree', () => {
    const { root } = again(vector.ratchet_tree, readTree, writeTree);
    for (const { leaf } of occupiedSlots(root)) expectLeafNode(leaf);
  });

  it.each(proposalFields)('%s', (field, type) => {
    const proposal = again(toHex(new Uint8Array([0, type])) + vector[field], readProposal, writeProposal);
    expect(proposal.type).toBe(type);
    expectProposal(proposal);
  });

  it('commit', () => {
    again(vector.commit, readCommit, writeCommit);
  });

  it('public messages', () => {
    publicMessageAgain(vector.public_message_application, contentTypes.application);
    publicMessageAgain(vector.public_message_proposal, contentTypes.proposal);
    publicMessageAgain(vector.public_message_commit, contentTypes.commit);
  });

  it('private_message', () => {
    messageAgain(vector.private_message, wireFormats.privateMessage);
  });
});
