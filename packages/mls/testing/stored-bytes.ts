import { type GroupState, type StoredStates, storedChanges } from '../src/index.ts';

/** How many bytes, keys and values, are to be written when `after` is stored in place of `before`. */
export function storedBytes(before: GroupState | undefined, after: GroupState): number {
  const former: StoredStates = before === undefined ? {} : { current: before };
  return storedChanges(former, { current: after }).reduce(
    (sum, { key, value }) => sum + key.length + (value?.length ?? 0),
    0,
  );
}
