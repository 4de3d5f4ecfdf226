import { type AccountId, type DeviceId, ProtocolError, type RoomId } from '@undertone/protocol';
import type { Database, Tx } from '../database/database.ts';
import { barredDevices } from '../metrics/instruments.ts';
import { serverLimits } from '../server-limits.ts';

/** SPEC R14: fail with `commits_barred` while the device may neither commit nor found in the room. */
export async function requireNotBarred(tx: Tx, room: RoomId, device: DeviceId, now = Date.now()): Promise<void> {
  const bar = await tx.barredDevice.findUnique({
    where: { roomId_deviceId: { roomId: room, deviceId: device } },
    select: { until: true },
  });
  const retryAfterMs = bar === null ? 0 : bar.until.getTime() - now;
  if (retryAfterMs > 0) throw new ProtocolError('commits_barred', { retryAfterMs });
}

export interface Verdict {
  /** Other accounts whose reports count. */
  readonly reporters: number;
  /** Other accounts whose reports would. */
  readonly witnesses: number;
}

/**
 * SPEC R14: whether so many say that a device breaks the room's group. Anyone can lie: one alone decides nothing, so in a thread of two
 * nobody is ever barred, and where there are many a quarter is not enough.
 */
export const isBroken = ({ reporters, witnesses }: Verdict): boolean =>
  reporters >= serverLimits.reportersMin && reporters * serverLimits.reportersPart > witnesses;

export interface Bar {
  /** How often in a row. */
  readonly times: number;
  readonly barredAt: Date;
  readonly until: Date;
}

/** The bar that follows the one before: twice as long, up to a day; after a week without, the shortest again. */
export function nextBar(before: Bar | null, now: number): Bar {
  const { barMs, barMaxMs, barForgetMs } = serverLimits;
  const times = before === null || before.until.getTime() < now - barForgetMs ? 1 : before.times + 1;
  const lastsMs = Math.min(barMs * 2 ** (times - 1), barMaxMs);
  return { times, barredAt: new Date(now), until: new Date(now + lastsMs) };
}

/** A device of which a commit or founding was reported. */
export interface Reported {
  readonly room: RoomId;
  readonly account: AccountId;
  readonly device: DeviceId;
}

/**
 * Reports of the last hour on what the device did since it was last barred, by accounts that are members and had been in the group by
 * then; and how many such accounts there are.
 */
async function verdict(tx: Tx, { room, account, device }: Reported, before: Bar | null, now: number): Promise<Verdict> {
  const sinceMs = before === null ? 0 : before.barredAt.getTime();
  const [row] = await tx.$queryRaw<Verdict[]>`
    WITH counted AS (
      SELECT m.account_id, e.seq FROM reports r
      JOIN entries e ON e.room_id = r.room_id AND e.seq = r.seq
      JOIN devices d ON d.id = r.device_id
      JOIN memberships m ON m.room_id = r.room_id AND m.account_id = d.account_id
      WHERE r.room_id = ${room}::uuid AND r.at > to_timestamp(${(now - serverLimits.reportMs) / 1000}::float8)
        AND e.device_id = ${device}::uuid AND e.at > to_timestamp(${sinceMs / 1000}::float8)
        AND m.in_group_seq <= e.seq AND m.account_id <> ${account}::uuid
    )
    SELECT (SELECT count(DISTINCT account_id) FROM counted)::int AS reporters,
      (SELECT count(*) FROM memberships m WHERE m.room_id = ${room}::uuid AND m.account_id <> ${account}::uuid
        AND m.in_group_seq <= (SELECT max(seq) FROM counted))::int AS witnesses`;
  return row ?? { reporters: 0, witnesses: 0 };
}

/** SPEC R14: bar the device if by now enough members have reported it. One that is barred is left as it is. */
export async function judge(database: Database, reported: Reported, now = Date.now()): Promise<void> {
  const { room, device } = reported;
  const key = { roomId: room, deviceId: device };
  const barred = await database.transaction(async (tx) => {
    // Reports of one device are judged one after the other: two at once would each miss the other.
    await tx.$queryRaw`SELECT FROM devices WHERE id = ${device}::uuid FOR NO KEY UPDATE`;
    const before = await tx.barredDevice.findUnique({
      where: { roomId_deviceId: key },
      select: { times: true, barredAt: true, until: true },
    });
    if (before !== null && before.until.getTime() > now) return false;
    if (!isBroken(await verdict(tx, reported, before, now))) return false;
    const bar = nextBar(before, now);
    await tx.barredDevice.upsert({
      where: { roomId_deviceId: key },
      create: { ...key, ...bar },
      update: bar,
      select: { roomId: true },
    });
    return true;
  });
  if (barred) barredDevices.inc();
}
