import { encodeIdentity } from '@undertone/identity';
import type { GroupState } from '@undertone/mls';
import { MlsEngine } from '@undertone/mls/profile';
import type { RoomId } from '@undertone/protocol';
import { StoredGroup } from '../src/room/stored-group.ts';
import { readDevice } from '../src/session/device.ts';
import type { RoomRecord } from '../src/storage/records.ts';
import type { Person } from './people.ts';

/** What this person's client holds of a room, as a thief of the profile would have it. */
export async function stolen(
  person: Person,
  room: RoomId,
): Promise<{ engine: MlsEngine; state: GroupState; record: RoomRecord }> {
  const vault = await person.vaults.open(person.id);
  const device = await readDevice(vault);
  const { states } = await StoredGroup.open(room, vault);
  const record = await vault.get<RoomRecord>('rooms', room);
  if (device === undefined || states.current === null || record === undefined) throw new Error('nothing to steal');
  const engine = new MlsEngine({
    signer: device.key,
    identity: encodeIdentity(device.record),
    authentication: { validate: async () => true },
  });
  return { engine, state: states.current, record };
}

/** The record of a room, as this person's client has it. */
export const recordOf = (person: Person, room: RoomId): Promise<RoomRecord> =>
  stolen(person, room).then(({ record }) => record);
