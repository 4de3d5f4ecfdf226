import type { GroupState } from '../../src/group/state.ts';
import { storedChanges } from '../../src/store/stored-states.ts';
import { toHex } from '../vectors/load.ts';

/** Everything that is stored of a state: two are equal if and only if all secrets, trees and pending proposals are. */
export function snapshot(state: GroupState): string {
  return storedChanges({}, { s: state })
    .map(({ key, value }) => `${key} ${toHex(value ?? new Uint8Array())}`)
    .sort()
    .join('\n');
}
