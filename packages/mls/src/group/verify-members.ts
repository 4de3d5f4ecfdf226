import { must } from '../errors.ts';
import { externalSendersOf, requiredCapabilitiesOf } from '../messages/extension.ts';
import type { GroupContext } from '../messages/group-context.ts';
import type { RatchetTree } from '../tree/ratchet-tree.ts';
import { occupiedBranches, occupiedSlots } from '../tree/subtree.ts';
import { authenticate } from './authentication.ts';
import type { MlsClient } from './client.ts';
import { assertActive, type GroupState } from './state.ts';
import { assertLeafForm, leafSignature, understandsExtensions } from './validate-leaf.ts';

/** The rules of RFC 9420 §7.1 and §7.3 for all nodes of a tree, as far as they need no signature. */
export function assertMembersForm(client: MlsClient, { extensions }: GroupContext, { root }: RatchetTree): void {
  const required = requiredCapabilitiesOf(extensions);
  for (const { parent } of occupiedBranches(root)) {
    must(client.suite.kem.isPublicKey(parent.encryptionKey), 'parent_encryption_key');
  }
  for (const { leaf } of occupiedSlots(root)) {
    assertLeafForm(client.suite, leaf, required);
    must(understandsExtensions(leaf, extensions), 'group_extension_not_understood');
  }
}

/** The signatures of all leaves, and whether each is vouched for, external senders too (RFC 9420 §7.3, §12.1.8.1). */
export async function verifyMembers(
  client: MlsClient,
  { groupId, extensions }: GroupContext,
  { root }: RatchetTree,
): Promise<void> {
  const { suite, authentication, verifySignatures } = client;
  const slots = occupiedSlots(root);
  const checks = slots.map(({ leaf, firstLeaf }) => leafSignature(leaf, { groupId, leafIndex: firstLeaf }));
  const [valid] = await Promise.all([
    verifySignatures(suite, checks),
    Promise.all(slots.map(({ leaf }) => authenticate(authentication, leaf))),
    Promise.all(externalSendersOf(extensions).map((sender) => authenticate(authentication, sender))),
  ]);
  must(valid, 'leaf_signature');
}

/** Makes up for what a join with `verifyMembers: 'later'` put off. Until then the state neither encrypts, decrypts nor exports. */
export async function verifyTree(client: MlsClient, state: GroupState): Promise<GroupState> {
  assertActive(state);
  if (state.treeVerified) return state;
  await verifyMembers(client, state.context, state.tree);
  return { ...state, treeVerified: true };
}
