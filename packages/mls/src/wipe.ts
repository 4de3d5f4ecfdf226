import type { ClientState } from 'ts-mls/clientState.js';
import type { SecretTreeNode } from 'ts-mls/secretTree.js';
import { unwrap } from './group-state.ts';
import type { GroupState } from './types.ts';

function* nodeSecrets(node: SecretTreeNode): Generator<Uint8Array> {
  for (const ratchet of [node.application, node.handshake]) {
    yield ratchet.secret;
    yield* Object.values(ratchet.unusedGenerations);
  }
}

/** `without`: leave out ratchets that this other state shares untouched, so that wiping after a message costs next to nothing. */
function* stateSecrets(state: ClientState, without?: ClientState): Generator<Uint8Array> {
  yield* Object.values(state.keySchedule);
  yield* Object.values(state.privatePath.privateKeys);
  for (const [index, node] of state.secretTree.entries()) {
    if (node !== without?.secretTree[index]) yield* nodeSecrets(node);
  }
}

/**
 * Overwrites the secrets of a state that is no longer needed, except those that `keep` shares with it. The state is unusable
 * afterwards. Call it once the decision is on disk:
 * - a new state was persisted: `wipeState(old, next)`;
 * - a pending commit lost: `wipeState(pending.state, current)`;
 * - the group was left: `wipeState(state)`.
 */
export function wipeState(obsolete: GroupState, keep?: GroupState): void {
  const state = unwrap(obsolete);
  const kept = keep === undefined ? undefined : unwrap(keep);
  const spared = new Set(kept === undefined ? [] : stateSecrets(kept, state));
  for (const secret of stateSecrets(state, kept)) if (!spared.has(secret)) secret.fill(0);
}

/** Overwrites message keys that belong to neither the state before nor the one after: the caller could never reach them. */
export function wipeTransient(
  consumed: Uint8Array[],
  before: SecretTreeNode | undefined,
  after: SecretTreeNode | undefined,
): void {
  const held = new Set<Uint8Array>();
  for (const node of [before, after]) if (node !== undefined) for (const secret of nodeSecrets(node)) held.add(secret);
  for (const secret of consumed) if (!held.has(secret)) secret.fill(0);
}
