import { type Bytes, textBytes } from '../../src/codec/bytes.ts';
import { suite1 } from '../../src/crypto/suites.ts';
import { membershipTagOf, signContent } from '../../src/framing/authenticate.ts';
import type { MlsClient } from '../../src/group/client.ts';
import { withPlaceForCommitter } from '../../src/group/commit-effect.ts';
import { protect } from '../../src/group/protect.ts';
import { signLeafNode } from '../../src/group/sign-leaf.ts';
import { type GroupState, nextContext } from '../../src/group/state.ts';
import type { ProposalOrRef } from '../../src/messages/commit.ts';
import type { Extension } from '../../src/messages/extension.ts';
import type { Content, Sender } from '../../src/messages/framed-content.ts';
import type { GroupContext } from '../../src/messages/group-context.ts';
import type { LeafNodeSource } from '../../src/messages/leaf-node.ts';
import { decodeMlsMessage, encodeMlsMessage, type MlsMessage } from '../../src/messages/mls-message.ts';
import { contentTypes, leafNodeSources, proposalTypes, senderTypes, wireFormats } from '../../src/messages/numbers.ts';
import type { Proposal } from '../../src/messages/proposal.ts';
import type { UpdatePath } from '../../src/messages/update-path.ts';
import { externalKeyPair, sendExternalInit } from '../../src/schedule/key-schedule.ts';
import { encryptPath } from '../../src/tree/create-path.ts';
import { filteredPath, parentsOfPath, withUpdatePath } from '../../src/tree/filtered-path.ts';
import { derivePathSecrets } from '../../src/tree/path-secrets.ts';
import type { RatchetTree } from '../../src/tree/ratchet-tree.ts';
import { treeHash } from '../../src/tree/tree-hash.ts';
import type { Member } from '../flows/members.ts';

/** A member that signs whatever it likes: everything here bypasses the checks that the engine makes before it sends. */

export function randomBytes(length = 32): Bytes {
  return crypto.getRandomValues(new Uint8Array(length));
}

export const byValue = (proposal: Proposal): ProposalOrRef => ({ kind: 'value', proposal });

/** Ed25519 keys as the engine has them. */
export const newSigner = () => suite1.signature.generateKeyPair(false);

export interface Forgery {
  readonly sender?: Sender;
  /** Whose signing key is used; the member's own by default. */
  readonly signer?: MlsClient;
  readonly epoch?: bigint;
  readonly groupId?: Bytes;
  readonly confirmationTag?: Bytes;
  readonly membershipTag?: Bytes;
}

/** A PublicMessage with any content of any sender, signed and tagged. */
export async function forgedPublic(
  { client, state }: Member,
  content: Content,
  forgery: Forgery = {},
): Promise<MlsMessage> {
  const { suite, context, contextBytes, secrets, leafIndex } = state;
  const sender = forgery.sender ?? { type: senderTypes.member, leafIndex };
  const framed = {
    groupId: forgery.groupId ?? context.groupId,
    epoch: forgery.epoch ?? context.epoch,
    sender,
    authenticatedData: textBytes(''),
    content,
  };
  const { privateKey } = (forgery.signer ?? client).signer;
  const signed = await signContent(suite, wireFormats.publicMessage, framed, contextBytes, privateKey);
  const confirmationTag = content.type === contentTypes.commit ? (forgery.confirmationTag ?? randomBytes()) : undefined;
  const authenticated = { ...signed, confirmationTag };
  const membershipTag =
    sender.type === senderTypes.member
      ? (forgery.membershipTag ?? membershipTagOf(suite.hash, authenticated, contextBytes, secrets.membershipKey))
      : undefined;
  const publicMessage = { content: authenticated, membershipTag };
  // Encoded and decoded, so that only what can be sent is tried.
  return decodeMlsMessage(encodeMlsMessage({ wireFormat: wireFormats.publicMessage, publicMessage }));
}

/** The same as a PrivateMessage of the member. */
export async function forgedPrivate(
  { client, state }: Member,
  content: Content,
  confirmationTag = randomBytes(),
): Promise<MlsMessage> {
  const { context, leafIndex } = state;
  const sender = { type: senderTypes.member, leafIndex } as const;
  const framed = { groupId: context.groupId, epoch: context.epoch, sender, authenticatedData: textBytes(''), content };
  const { privateKey } = client.signer;
  const signed = await signContent(state.suite, wireFormats.privateMessage, framed, state.contextBytes, privateKey);
  const tag = content.type === contentTypes.commit ? confirmationTag : undefined;
  const { message } = await protect(state, { ...signed, confirmationTag: tag });
  return decodeMlsMessage(message);
}

/** A commit of any proposals with any path. */
export function forgedCommit(
  member: Member,
  proposals: readonly (Proposal | ProposalOrRef)[],
  path?: UpdatePath,
  forgery?: Forgery,
): Promise<MlsMessage> {
  const list = proposals.map((item): ProposalOrRef => ('kind' in item ? item : byValue(item)));
  return forgedPublic(member, { type: contentTypes.commit, commit: { proposals: list, path } }, forgery);
}

/** What is wrong with a path. Without any of it, the path is valid. */
export interface PathEdit {
  /** Makes and signs the leaf. */
  readonly client?: MlsClient;
  readonly leafKey?: Bytes;
  readonly source?: LeafNodeSource;
  /** Whose place the leaf's signature says. */
  readonly signedFor?: number;
  readonly keys?: (keys: Bytes[]) => Bytes[];
  readonly pathSecrets?: (secrets: Bytes[]) => Bytes[];
  /** The context that path secrets are encrypted for. */
  readonly groupContext?: Bytes;
  readonly extensions?: readonly Extension[];
  readonly added?: ReadonlySet<number>;
}

interface PathBase {
  readonly client: MlsClient;
  readonly context: GroupContext;
}

/** A path from a leaf of a tree: well-made, but for the edit. */
export async function forgedPath(
  { client, context }: PathBase,
  tree: RatchetTree,
  leafIndex: number,
  edit: PathEdit = {},
): Promise<UpdatePath> {
  const { suite } = client;
  const { hash, kem } = suite;
  const steps = filteredPath(tree, leafIndex);
  const derived = await derivePathSecrets(suite, randomBytes(), steps.length);
  const derivedKeys = derived.keyPairs.map(({ publicKey }) => publicKey);
  const keys = edit.keys?.(derivedKeys) ?? derivedKeys;
  const { parents, leafParentHash } = parentsOfPath(hash, steps, keys);
  const leafKeys = await kem.generateKeyPair();
  const leafNode = await signLeafNode(
    edit.client ?? client,
    edit.leafKey ?? leafKeys.publicKey,
    edit.source ?? { type: leafNodeSources.commit, parentHash: leafParentHash },
    { groupId: context.groupId, leafIndex: edit.signedFor ?? leafIndex },
  );
  const after = withUpdatePath(tree, leafIndex, leafNode, steps, parents);
  const { contextBytes } = nextContext(context, {
    epoch: context.epoch + 1n,
    treeHash: treeHash(hash, after.root),
    extensions: edit.extensions ?? context.extensions,
  });
  const created = {
    tree: after,
    leafNode,
    steps,
    pathSecrets: edit.pathSecrets?.([...derived.pathSecrets]) ?? derived.pathSecrets,
    keyPairs: derived.keyPairs.map((pair, i) => ({ ...pair, publicKey: keys[i] as Bytes })),
    commitSecret: derived.commitSecret,
    privateKeys: new Map(),
  };
  const nodes = await encryptPath(suite, created, edit.added ?? new Set(), edit.groupContext ?? contextBytes);
  return { leafNode, nodes };
}

/** A path of a member in its present tree, as of a commit without proposals. */
export function pathOf({ client, state }: Member, edit?: PathEdit): Promise<UpdatePath> {
  return forgedPath({ client, context: state.context }, state.tree, state.leafIndex, edit);
}

/** An external commit to a member's group by any client, with a valid ExternalInit unless `proposals` are given. */
export async function forgedExternalCommit(
  member: Member,
  client: MlsClient,
  edit: {
    readonly tree?: RatchetTree;
    readonly proposals?: (init: Proposal) => readonly (Proposal | ProposalOrRef)[];
    readonly path?: PathEdit | 'none';
  } = {},
): Promise<MlsMessage> {
  const { suite, context, secrets } = member.state;
  const { publicKey } = await externalKeyPair(suite, secrets);
  const { kemOutput } = await sendExternalInit(suite, publicKey);
  const init: Proposal = { type: proposalTypes.externalInit, kemOutput };
  const place = withPlaceForCommitter(edit.tree ?? member.state.tree);
  const path =
    edit.path === 'none' ? undefined : await forgedPath({ client, context }, place.tree, place.leafIndex, edit.path);
  const sender = { type: senderTypes.newMemberCommit } as const;
  return forgedCommit(member, edit.proposals?.(init) ?? [init], path, { sender, signer: client });
}

/** The leaf of an Update, signed by any client for any place. */
export async function forgedUpdate(
  { client, state }: { readonly client: MlsClient; readonly state: GroupState },
  edit: { client?: MlsClient; key?: Bytes; source?: LeafNodeSource; leafIndex?: number; groupId?: Bytes } = {},
): Promise<Proposal> {
  const { publicKey } = await state.suite.kem.generateKeyPair();
  const leafNode = await signLeafNode(
    edit.client ?? client,
    edit.key ?? publicKey,
    edit.source ?? { type: leafNodeSources.update },
    { groupId: edit.groupId ?? state.context.groupId, leafIndex: edit.leafIndex ?? state.leafIndex },
  );
  return { type: proposalTypes.update, leafNode };
}
