import type { RoomId } from '@undertone/protocol';
import { EpochChain } from '../src/room/epoch-chain.ts';
import type { RoomRecord } from '../src/storage/records.ts';
import type { SecurityRow } from '../src/view/index.ts';
import type { Person } from './people.ts';

/** The rows that tell of a device whose log is another one. */
export const differenceRows = (person: Person, room: RoomId): SecurityRow[] =>
  person.shown(room).flatMap((row) => (row.kind === 'security' && row.event === 'different_log' ? row : []));

/** Differences that the person has not passed. */
export const differences = (person: Person, room: RoomId) =>
  person.findRoom(({ id }) => id === room)?.differences ?? [];

/** The hash of the log as this person's profile has it. */
export async function storedChain(person: Person, room: RoomId): Promise<EpochChain | null> {
  const vault = await person.vaults.open(person.id);
  const record = await vault.get<RoomRecord>('rooms', room);
  return record === undefined ? null : await EpochChain.open(room, record.chain, record.cursor, vault);
}
