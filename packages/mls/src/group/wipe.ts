import type { Bytes } from '../codec/bytes.ts';
import type { Ratchet } from '../schedule/ratchet.ts';
import type { SecretTree } from '../schedule/secret-tree.ts';
import type { GroupState } from './state.ts';

function* secretsOfRatchet({ secret, skipped }: Ratchet): Generator<Bytes> {
  yield secret;
  for (const { key, nonce } of skipped.values()) {
    yield key;
    yield nonce;
  }
}

/** The secrets of a tree; parts that `kept` shares are passed over. */
function* secretsOfTree(tree: SecretTree, kept: SecretTree | undefined): Generator<Bytes> {
  if (tree === kept) return;
  switch (tree.kind) {
    case 'secret':
      yield tree.secret;
      return;
    case 'leaf':
      yield* secretsOfRatchet(tree.handshake);
      yield* secretsOfRatchet(tree.application);
      return;
    case 'split': {
      const other = kept?.kind === 'split' ? kept : undefined;
      yield* secretsOfTree(tree.left, other?.left);
      yield* secretsOfTree(tree.right, other?.right);
    }
  }
}

/** Every secret of a state that is bytes. `beside`: a state whose shared secret trees need not be walked. */
function* secretsOf(state: GroupState, beside: GroupState | undefined): Generator<Bytes> {
  for (const { privateKey } of state.privateKeys.values()) yield privateKey;
  for (const { privateKey } of state.ownUpdates) yield privateKey;
  const { epochAuthenticator: _, ...secrets } = state.secrets;
  yield* Object.values(secrets);
  yield* state.resumptionPsks.values();
  const others = [beside?.secretTree, ...(beside?.pastEpochs ?? []).map((past) => past.secretTree)];
  const nearest = others.find((tree) => tree !== undefined && sharesSomething(tree, state.secretTree));
  yield* secretsOfTree(state.secretTree, nearest);
  for (const past of state.pastEpochs) {
    yield past.senderDataSecret;
    yield* secretsOfTree(
      past.secretTree,
      others.find((tree) => tree !== undefined && sharesSomething(tree, past.secretTree)),
    );
  }
}

function sharesSomething(a: SecretTree, b: SecretTree): boolean {
  return a === b || (a.kind === 'split' && b.kind === 'split' && (a.left === b.left || a.right === b.right));
}

/**
 * Overwrites the secrets of a state that is no longer needed, except those that `kept` still uses (RFC 9420 §9.2, §16.1). Not to be
 * called while an operation on either is under way.
 */
export function wipeState(state: GroupState, kept?: GroupState): void {
  if (state === kept) return;
  const keep = new Set<Bytes>(kept === undefined ? [] : secretsOf(kept, state));
  for (const secret of [...secretsOf(state, kept)]) if (!keep.has(secret)) secret.fill(0);
}
