import { encode } from '@msgpack/msgpack';
import type { Generation, RoomId } from '../ids.ts';
import type { FoundingLast } from './entry.ts';

/** What a founder states of the group that it begins (SPEC R13). */
export interface Founding {
  readonly room: RoomId;
  readonly generation: Generation;
  readonly last: FoundingLast;
  /** SHA-256 of the group info. */
  readonly groupInfoHash: Uint8Array;
  /** Of the new group's epoch 0. */
  readonly authenticator: Uint8Array;
}

const label = new TextEncoder().encode('undertone found 1\n');
const none = new Uint8Array();

/** What the founder's device signs, with Ed25519 (SPEC R13). The empty bytes stand for the hash of the room's roles, which it has none of. */
export function foundingBytes({
  room,
  generation,
  last,
  groupInfoHash,
  authenticator,
}: Founding): Uint8Array<ArrayBuffer> {
  const lastEpoch = last === null ? -1 : last.epoch;
  const stated = encode([room, generation, lastEpoch, last?.authenticator ?? none, groupInfoHash, none, authenticator]);
  const signed = new Uint8Array(label.length + stated.length);
  signed.set(label);
  signed.set(stated, label.length);
  return signed;
}
