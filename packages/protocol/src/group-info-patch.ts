import { z } from 'zod';
import { bytes } from './bytes.ts';
import { limits } from './limits.ts';

const length = z.number().int().min(0).max(limits.groupInfoMaxBytes);

/** `[offset, remove, insert]`: in place of the `remove` bytes at `offset` of the former bytes stands `insert`. */
const Splice = z.tuple([length, length, bytes(limits.groupInfoMaxBytes, 0)]);
export type Splice = z.infer<typeof Splice>;

function isAscending(splices: readonly Splice[]): boolean {
  let end = 0;
  return splices.every(([offset, remove]) => {
    const follows = offset >= end;
    end = offset + remove;
    return follows;
  });
}

/** A group info as a change of the one of the epoch before (SPEC R12). */
export const GroupInfoPatch = z.strictObject({
  splices: z
    .array(Splice)
    .max(limits.groupInfoMaxSplices)
    .refine(isAscending, { message: 'expected splices in order that do not overlap' }),
  /** Of the patched group info. */
  sha256: bytes(32, 32),
});
export type GroupInfoPatch = z.infer<typeof GroupInfoPatch>;

/**
 * The patched bytes, the caller's own; `undefined` where the splices reach beyond `before`, overlap, or give nothing or more than a
 * group info may have. That they are the right ones is for the caller to tell, by their hash.
 */
export function applySplices(before: Uint8Array, splices: readonly Splice[]): Uint8Array<ArrayBuffer> | undefined {
  const last = splices.at(-1);
  if (!isAscending(splices) || (last !== undefined && last[0] + last[1] > before.length)) return undefined;
  const size = splices.reduce((sum, [, remove, insert]) => sum - remove + insert.length, before.length);
  if (size === 0 || size > limits.groupInfoMaxBytes) return undefined;
  const after = new Uint8Array(size);
  let from = 0;
  let to = 0;
  for (const [offset, remove, insert] of splices) {
    after.set(before.subarray(from, offset), to);
    to += offset - from;
    after.set(insert, to);
    to += insert.length;
    from = offset + remove;
  }
  after.set(before.subarray(from), to);
  return after;
}
