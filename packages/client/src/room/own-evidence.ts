import type { Seq } from '@undertone/protocol';
import type { Evidence } from '../content/evidence.ts';
import type { RoomStore } from './room-store.ts';

/** What this device says of the log as it has it now (SPEC E3), for the next message or commit. */
export function ownEvidence({ chain, record, deps }: Pick<RoomStore, 'chain' | 'record' | 'deps'>): Evidence {
  const keyHead = deps.keyHead();
  const present = chain !== null && record.group !== null && chain.isOf(record.group.generation, record.group.epoch);
  if (!present) return { seq: 0 as Seq, hash: new Uint8Array(0), epochs: 0, past: new Uint8Array(0), keyHead };
  return { ...chain.head, ...chain.past, keyHead };
}
