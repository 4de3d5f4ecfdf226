import type { GroupState } from '../../src/group/state.ts';

/** All byte arrays that can be reached from a value, by whatever way. */
export function reachableBytes(value: unknown): Set<Uint8Array> {
  const found = new Set<Uint8Array>();
  const seen = new Set<object>();
  const visit = (at: unknown): void => {
    if (typeof at !== 'object' || at === null || seen.has(at)) return;
    seen.add(at);
    if (at instanceof Uint8Array) {
      found.add(at);
      return;
    }
    if (at instanceof Map) for (const [key, item] of at) visit([key, item]);
    else if (at instanceof Set) for (const item of at) visit(item);
    else for (const item of Object.values(at)) visit(item);
  };
  visit(value);
  return found;
}

/** The secret parts of a state, apart from its trees and what is signed in public. */
export function secretPartsOf({
  secrets,
  secretTree,
  privateKeys,
  ownUpdates,
  resumptionPsks,
  pastEpochs,
}: GroupState) {
  const { epochAuthenticator: _, ...epochSecrets } = secrets;
  return {
    epochSecrets,
    secretTree,
    privateKeys: [...privateKeys.values(), ...ownUpdates].map(({ privateKey }) => privateKey),
    resumptionPsks,
    past: pastEpochs.map((past) => [past.senderDataSecret, past.secretTree]),
  };
}

export function secretBytes(state: GroupState): Set<Uint8Array> {
  return reachableBytes(secretPartsOf(state));
}

export function isWiped(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
