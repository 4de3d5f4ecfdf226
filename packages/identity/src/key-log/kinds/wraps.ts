import { z } from 'zod';
import { Hash, maxWraps, Word } from '../fields.ts';
import type { KeyLogWrap } from '../verified-key-log.ts';

/** Wraps as the log has them: `[[id, kind, SHA-256 of the wrap], …]`, with a UUID as id. */
export const Wraps = z
  .array(z.tuple([z.uuid().lowercase(), Word, Hash]))
  .min(1)
  .max(maxWraps);

/** The wraps by name, with bytes of their own. */
export function readWraps(wraps: z.infer<typeof Wraps>): readonly KeyLogWrap[] {
  return wraps.map(([id, kind, hash]) => ({ id, kind, hash: hash.slice() }));
}

export function writeWraps(wraps: readonly KeyLogWrap[]): z.infer<typeof Wraps> {
  return wraps.map(({ id, kind, hash }) => [id, kind, new Uint8Array(hash)]);
}

/** Whether a recovery secret may have these: not too many, ids once each, and exactly one recovery code. */
export function wrapsAllowed(wraps: readonly KeyLogWrap[]): boolean {
  const codes = wraps.filter(({ kind }) => kind === 'code');
  const ids = new Set(wraps.map(({ id }) => id));
  return wraps.length <= maxWraps && ids.size === wraps.length && codes.length === 1;
}
