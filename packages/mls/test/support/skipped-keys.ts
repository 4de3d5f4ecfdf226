import type { GroupState } from '../../src/group/state.ts';
import type { MessageKey } from '../../src/schedule/ratchet.ts';
import type { SecretTree } from '../../src/schedule/secret-tree.ts';

function* skippedIn(tree: SecretTree): Generator<MessageKey> {
  if (tree.kind === 'leaf') for (const { skipped } of [tree.handshake, tree.application]) yield* skipped.values();
  if (tree.kind === 'split') for (const side of [tree.left, tree.right]) yield* skippedIn(side);
}

/** All keys of skipped generations that a state holds of its present epoch. */
export function skippedKeysOf({ secretTree }: GroupState): MessageKey[] {
  return [...skippedIn(secretTree)];
}
