import type { Bytes } from '../codec/bytes.ts';
import { copyBytes } from '../codec/bytes.ts';
import { decode, type Reader } from '../codec/reader.ts';
import { encode, type Writer } from '../codec/writer.ts';
import type { CipherSuite, Hash, KeyPair } from '../crypto/cipher-suite.ts';
import { cipherSuite } from '../crypto/suites.ts';
import { MlsError } from '../errors.ts';
import { proposalKey } from '../group/proposal-list.ts';
import type { GroupState, PastEpoch, PendingProposal } from '../group/state.ts';
import { readSender, writeSender } from '../messages/framed-content.ts';
import { type GroupContext, readGroupContext } from '../messages/group-context.ts';
import { proposalTypes } from '../messages/numbers.ts';
import { readProposal, writeProposal } from '../messages/proposal.ts';
import type { EpochSecrets } from '../schedule/key-schedule.ts';
import type { SecretTree } from '../schedule/secret-tree.ts';
import { type RatchetTree, subtreeAt } from '../tree/ratchet-tree.ts';
import { encryptionKeyOf } from '../tree/subtree.ts';
import { storedTreeName } from './tree-pages.ts';

/** To be raised whenever the rest changes. */
const recordVersion = 1;

const statuses = ['active', 'removed', 'reinitialized'] as const;

const secretNames = [
  'senderDataSecret',
  'exporterSecret',
  'externalSecret',
  'confirmationKey',
  'membershipKey',
  'resumptionPsk',
  'epochAuthenticator',
  'initSecret',
] as const satisfies readonly (keyof EpochSecrets)[];

/** Where the record's reader finds what is stored apart. */
export interface StoredParts {
  tree(hash: Hash, name: Bytes, height: number): RatchetTree;
  secretTree(epoch: bigint): SecretTree;
}

function writeTreeReference(writer: Writer, suite: CipherSuite, tree: RatchetTree): void {
  writer.uint8(tree.root.height).opaque(storedTreeName(suite.hash, tree));
}

function readTreeReference(reader: Reader, { cipherSuite: id }: GroupContext, parts: StoredParts): RatchetTree {
  const height = reader.uint8();
  return parts.tree(cipherSuite(id).hash, reader.opaque(), height);
}

function writeKeyPair(writer: Writer, { publicKey, privateKey }: KeyPair): void {
  writer.opaque(publicKey).opaque(privateKey);
}

function readSecret(reader: Reader): Bytes {
  return reader.opaque().slice();
}

function writePending(writer: Writer, { proposal, sender, reference }: PendingProposal): void {
  writeSender(writer, sender);
  writer.opaque(reference);
  writeProposal(writer, proposal);
}

function readPending(reader: Reader): [string, PendingProposal] {
  const sender = readSender(reader);
  const reference = reader.opaque();
  return [proposalKey(reference), { sender, reference, proposal: readProposal(reader) }];
}

function writePastEpoch(writer: Writer, suite: CipherSuite, past: PastEpoch): void {
  writer.opaque(past.contextBytes).opaque(past.senderDataSecret);
  writeTreeReference(writer, suite, past.tree);
}

function readPastEpoch(reader: Reader, parts: StoredParts): PastEpoch {
  const contextBytes = reader.opaque();
  const context = decode(contextBytes, readGroupContext);
  const senderDataSecret = readSecret(reader);
  const tree = readTreeReference(reader, context, parts);
  return { context, contextBytes, senderDataSecret, tree, secretTree: parts.secretTree(context.epoch) };
}

function writeState(writer: Writer, state: GroupState): void {
  writer
    .uint8(recordVersion)
    .uint8(statuses.indexOf(state.status))
    .uint8(state.treeVerified ? 1 : 0);
  writer.opaque(state.contextBytes).uint32(state.leafIndex);
  writeTreeReference(writer, state.suite, state.tree);
  writer.opaque(state.confirmationTag).opaque(state.interimTranscriptHash);
  for (const name of secretNames) writer.opaque(state.secrets[name]);
  writer.vector(state.privateKeys, (item, [node, { privateKey }]) => void item.uint32(node).opaque(privateKey));
  writer.vector(state.ownUpdates, writeKeyPair);
  writer.vector(state.proposals.values(), writePending);
  writer.vector(state.resumptionPsks, (item, [epoch, psk]) => void item.uint64(epoch).opaque(psk));
  writer.optional(state.reInit, (item, reInit) => writeProposal(item, { type: proposalTypes.reInit, ...reInit }));
  writer.vector(state.pastEpochs, (item, past) => writePastEpoch(item, state.suite, past));
}

/** Everything of a state but its trees. Full of secrets: to be sealed at rest. The signing key is not in it. */
export function encodeStateRecord(state: GroupState): Bytes {
  return encode(state, writeState);
}

function readReInit(reader: Reader): NonNullable<GroupState['reInit']> {
  const proposal = readProposal(reader);
  if (proposal.type !== proposalTypes.reInit) throw new MlsError('malformed', 'a stored state of unknown form');
  const { type: _, ...reInit } = proposal;
  return reInit;
}

function readState(reader: Reader, parts: StoredParts): GroupState {
  if (reader.uint8() !== recordVersion) throw new MlsError('malformed', 'a stored state of another version');
  const status = statuses[reader.uint8()];
  if (status === undefined) throw new MlsError('malformed', 'a stored state of unknown form');
  const treeVerified = reader.uint8() === 1;
  const contextBytes = reader.opaque();
  const context = decode(contextBytes, readGroupContext);
  const leafIndex = reader.uint32();
  const tree = readTreeReference(reader, context, parts);
  const confirmationTag = reader.opaque();
  const interimTranscriptHash = reader.opaque();
  const secrets = Object.fromEntries(secretNames.map((name) => [name, readSecret(reader)])) as unknown as EpochSecrets;
  const privateKeys = reader.vector((item): [number, KeyPair] => {
    const node = item.uint32();
    const at = subtreeAt(tree, node);
    const publicKey = at && encryptionKeyOf(at);
    if (publicKey === undefined) throw new MlsError('malformed', 'a stored key without its node');
    return [node, { publicKey: copyBytes(publicKey), privateKey: readSecret(item) }];
  });
  const ownUpdates = reader.vector((item) => ({ publicKey: item.opaque(), privateKey: readSecret(item) }));
  const proposals = new Map(reader.vector(readPending));
  const psks = reader.vector((item): [bigint, Bytes] => [item.uint64(), readSecret(item)]);
  // One array, as while the state lived, so that wiping one name wipes the other.
  const resumptionPsks = new Map(
    psks.map(([epoch, psk]) => [epoch, epoch === context.epoch ? secrets.resumptionPsk : psk]),
  );
  return {
    suite: cipherSuite(context.cipherSuite),
    context,
    contextBytes,
    tree,
    leafIndex,
    privateKeys: new Map(privateKeys),
    secrets,
    secretTree: parts.secretTree(context.epoch),
    confirmationTag,
    interimTranscriptHash,
    proposals,
    ownUpdates,
    resumptionPsks,
    reInit: reader.optional(readReInit),
    pastEpochs: reader.vector((item) => readPastEpoch(item, parts)),
    status,
    treeVerified,
  };
}

export function decodeStateRecord(bytes: Bytes, parts: StoredParts): GroupState {
  return decode(bytes, (reader) => readState(reader, parts));
}
