import { type DeviceId, type EntryId, ProtocolError, type RoomId } from '@undertone/protocol';
import { arrayLiteral, type Sql } from '../database/sql.ts';
import type { Ack } from './sender.ts';

interface SentId {
  readonly device: DeviceId;
  readonly id: EntryId;
}

export const sentKey = ({ device, id }: SentId): string => `${device}/${id}`;

/** Which of these ids are in a log already, with the answer that they got (SPEC L4). */
export async function findSent(tx: Sql, ids: readonly SentId[]): Promise<Map<string, Ack>> {
  const rows = await tx.$queryRaw<(Ack & SentId)[]>`
    SELECT e.device_id AS device, e.entry_id AS id, e.room_id AS room, e.seq::float8 AS seq,
      (extract(epoch FROM e.at) * 1000)::float8 AS at
    FROM unnest(
      ${arrayLiteral(ids.map(({ device }) => device))}::uuid[],
      ${arrayLiteral(ids.map(({ id }) => id))}::uuid[]
    ) AS t(device, id)
    JOIN entries e ON e.device_id = t.device AND e.entry_id = t.id`;
  return new Map(rows.map(({ device, room, id, seq, at }) => [sentKey({ device, id }), { room, id, seq, at }]));
}

/** The answer that this id got before in this room, if any; in another room it is `duplicate_id`. */
export async function alreadySent(tx: Sql, sender: SentId, room: RoomId): Promise<Ack | undefined> {
  const ack = (await findSent(tx, [sender])).get(sentKey(sender));
  if (ack !== undefined && ack.room !== room) throw new ProtocolError('duplicate_id');
  return ack;
}
