import type { ClientState } from 'ts-mls/clientState.js';
import type { SecretTree, SecretTreeNode } from 'ts-mls/secretTree.js';

const noSecret = { secret: new Uint8Array(), generation: 0, unusedGenerations: {} };
const noRatchets: SecretTreeNode = { handshake: noSecret, application: noSecret };

/** ts-mls derives ratchets for inner nodes too, which nothing ever uses: a third of a state's size. */
function leafRatchetsOnly(tree: SecretTree): SecretTree {
  return tree.map((node, index) => (index % 2 === 0 ? node : noRatchets));
}

/**
 * What ts-mls leaves behind after a change of epoch and we do not keep: former epochs (its retention of 0 means "all"),
 * private keys of nodes that are blank now (RFC 9420 §7.4: they are to be deleted), unused ratchets.
 */
export function settle(state: ClientState): ClientState {
  const privateKeys: Record<number, Uint8Array> = {};
  for (const [index, key] of Object.entries(state.privatePath.privateKeys)) {
    if (state.ratchetTree[Number(index)] !== undefined) privateKeys[Number(index)] = key;
  }
  return {
    ...state,
    secretTree: leafRatchetsOnly(state.secretTree),
    privatePath: { ...state.privatePath, privateKeys },
    historicalReceiverData: new Map(),
    unappliedProposals: {},
  };
}

const none = new Uint8Array();

/** What is left to a removed member: who remained, and no secret at all. */
export function tombstone(state: ClientState, ratchetTree: ClientState['ratchetTree']): ClientState {
  return {
    ...state,
    ratchetTree,
    secretTree: [],
    privatePath: { ...state.privatePath, privateKeys: {} },
    keySchedule: {
      senderDataSecret: none,
      exporterSecret: none,
      externalSecret: none,
      confirmationKey: none,
      membershipKey: none,
      resumptionPsk: none,
      epochAuthenticator: none,
      initSecret: none,
    },
    historicalReceiverData: new Map(),
    unappliedProposals: {},
    groupActiveState: { kind: 'removedFromGroup' },
  };
}
