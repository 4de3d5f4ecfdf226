import { z } from 'zod';
import { type EntryBody, parseField } from '../entry.ts';
import { Hash } from '../fields.ts';
import { KeyLogError } from '../key-log-error.ts';
import { type EntryPosition, signNextEntry } from '../next-entry.ts';
import type { KeyLogState } from '../state.ts';

const Payload = z.tuple([z.number().int().positive(), Hash]);

/**
 * From here on archives of an earlier generation are refused. The number rises by one: a thief who could choose it would take the highest,
 * and no generation could follow.
 */
export function applySetArchive(state: KeyLogState, entry: EntryBody): void {
  const [generation, manifestHash] = parseField(Payload, entry.payload);
  if (generation !== (state.archive?.generation ?? 0) + 1) throw new KeyLogError('wrong_generation');
  state.archive = { generation, manifestHash: manifestHash.slice(), setAt: entry.index };
}

/** An entry that begins an archive generation, with the hash of its first manifest. */
export async function createSetArchive(
  at: EntryPosition,
  archive: { readonly generation: number; readonly manifestHash: Uint8Array<ArrayBuffer> },
): Promise<Uint8Array<ArrayBuffer>> {
  return await signNextEntry(at, 'set_archive', [archive.generation, archive.manifestHash]);
}
