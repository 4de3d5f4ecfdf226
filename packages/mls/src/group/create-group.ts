import { type Bytes, copyBytes, noBytes } from '../codec/bytes.ts';
import { MlsError } from '../errors.ts';
import type { Extension } from '../messages/extension.ts';
import { encodeGroupContext, type GroupContext } from '../messages/group-context.ts';
import { mls10 } from '../messages/numbers.ts';
import { confirmationTagOf, deriveEpoch } from '../schedule/key-schedule.ts';
import { interimTranscriptHash } from '../schedule/transcript-hash.ts';
import { treeOf } from '../tree/ratchet-tree.ts';
import { leafSlot } from '../tree/subtree.ts';
import { treeHash } from '../tree/tree-hash.ts';
import type { MlsClient } from './client.ts';
import { epochState, type NextEpoch } from './enter-epoch.ts';
import { generateKeyPackage } from './key-package.ts';
import type { GroupState } from './state.ts';

export interface CreateGroupOptions {
  /** Extensions of the group context: required capabilities, external senders and the like. */
  readonly extensions?: readonly Extension[];
}

/** A group of one, in epoch 0 (RFC 9420 §11). */
export async function createGroup(
  client: MlsClient,
  groupId: Uint8Array,
  { extensions = [] }: CreateGroupOptions = {},
): Promise<GroupState> {
  if (groupId.length === 0) throw new MlsError('misuse', 'the group id is empty');
  const { hash } = client.suite;
  const { keyPackage, leafKeys, initKeys } = await generateKeyPackage(client);
  initKeys.privateKey.fill(0);
  const tree = treeOf(leafSlot(0, keyPackage.leafNode));
  const context: GroupContext = {
    version: mls10,
    cipherSuite: client.suite.id,
    groupId: copyBytes(groupId),
    epoch: 0n,
    treeHash: treeHash(hash, tree.root),
    confirmedTranscriptHash: noBytes,
    extensions,
  };
  const epochSecret: Bytes = crypto.getRandomValues(new Uint8Array(hash.bytes));
  const derived = deriveEpoch(hash, epochSecret);
  const confirmationTag = confirmationTagOf(hash, derived.secrets, noBytes);
  const next: NextEpoch = {
    context,
    contextBytes: encodeGroupContext(context),
    joinerSecret: noBytes,
    derived,
    confirmationTag,
    interimTranscriptHash: interimTranscriptHash(hash, noBytes, confirmationTag),
  };
  return epochState(client, next, tree, 0, new Map([[0, leafKeys]]));
}
