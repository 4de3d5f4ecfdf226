import { type DeviceId, limits, type RoomId } from '@undertone/protocol';
import type { Sql } from '../database/sql.ts';
import type { LockedRoom } from './locked-room.ts';

/** How many history links a room's present epoch has, by the devices that sent them. */
export class LinkCount {
  readonly #byDevice: Map<DeviceId, number>;
  #all: number;

  constructor(counts: readonly { readonly device: DeviceId; readonly count: number }[]) {
    this.#byDevice = new Map(counts.map(({ device, count }) => [device, count]));
    this.#all = counts.reduce((sum, { count }) => sum + count, 0);
  }

  /** Whether one more of this device is taken (SPEC H5): nobody can use up what others need. */
  allows(device: DeviceId): boolean {
    if (this.#all >= limits.historyLinksPerEpoch) return false;
    return (this.#byDevice.get(device) ?? 0) < limits.historyLinksPerDevice;
  }

  add(device: DeviceId): void {
    this.#byDevice.set(device, (this.#byDevice.get(device) ?? 0) + 1);
    this.#all += 1;
  }
}

/** Which history links the present epoch of each of these rooms has (SPEC H5). The rooms are locked. */
export async function countLinks(
  tx: Sql,
  rooms: Map<RoomId, LockedRoom>,
  ids: ReadonlySet<RoomId>,
): Promise<Map<RoomId, LinkCount>> {
  const counts = new Map<RoomId, LinkCount>();
  for (const roomId of ids) {
    const room = rooms.get(roomId);
    if (!room) continue;
    const { generation, epoch } = room;
    const rows = await tx.$queryRaw<{ device: DeviceId; count: number }[]>`
      SELECT device_id AS device, count(*)::int AS count FROM entries
      WHERE room_id = ${roomId}::uuid AND kind = 'link' AND generation = ${generation} AND epoch = ${epoch}
      GROUP BY device_id`;
    counts.set(roomId, new LinkCount(rows));
  }
  return counts;
}
