import { type DeviceId, limits } from '@undertone/protocol';
import type { Database } from '../database/database.ts';
import { arrayLiteral } from '../database/sql.ts';
import { Prisma } from '../generated/prisma/client.ts';
import { keyPackageExpiry } from '../mls/key-package-lifetime.ts';
import { serverLimits } from '../server-limits.ts';

interface UndatedRow {
  /** Of the row: a number of the stock, or a device's id. */
  readonly id: string;
  readonly keyPackage: string;
}

const atOnce: number = serverLimits.keyPackagesAtOnce;

/** When each of these ends, in milliseconds since 1970. What cannot be read has ended: nobody could use it. */
const expiries = (rows: readonly UndatedRow[]): number[] =>
  rows.map(({ keyPackage }) => keyPackageExpiry(Buffer.from(keyPackage, 'base64')) ?? 0);

/** Notes when stored key packages end, where that is not known, and deletes those that can be given no more. */
export class KeyPackageTidying {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Of these devices, or of all. */
  async tidy(devices?: readonly DeviceId[]): Promise<void> {
    if (devices?.length === 0) return;
    const of = (column: Prisma.Sql): Prisma.Sql =>
      devices === undefined ? Prisma.sql`true` : Prisma.sql`${column} = ANY(${arrayLiteral(devices)}::uuid[])`;
    const ofStock = of(Prisma.sql`device_id`);
    const ofDevices = of(Prisma.sql`id`);
    for (let dated = atOnce; dated === atOnce; ) dated = await this.#dateStock(ofStock);
    for (let dated = atOnce; dated === atOnce; ) dated = await this.#dateLastResorts(ofDevices);
    // What another claim is taking just now is left to it.
    await this.#database.prisma.$executeRaw`
      DELETE FROM key_packages WHERE id IN (
        SELECT id FROM key_packages
        WHERE ${ofStock} AND expires_at <= now() + ${limits.keyPackageMinValidMs}::float8 * interval '1 millisecond'
        FOR UPDATE SKIP LOCKED)`;
    await this.#database.prisma.$executeRaw`
      UPDATE devices SET last_resort_reference = NULL, last_resort_key_package = NULL, last_resort_expires_at = NULL,
        last_resort_used_at = NULL
      WHERE ${ofDevices} AND last_resort_expires_at <= now()`;
  }

  /** Returns how many it dated. */
  async #dateStock(which: Prisma.Sql): Promise<number> {
    const rows = await this.#database.prisma.$queryRaw<UndatedRow[]>`
      SELECT id::text, encode(key_package, 'base64') AS "keyPackage" FROM key_packages
      WHERE ${which} AND expires_at IS NULL LIMIT ${atOnce}`;
    if (rows.length === 0) return 0;
    await this.#database.prisma.$executeRaw`
      UPDATE key_packages SET expires_at = to_timestamp(t.ms / 1000)
      FROM unnest(${arrayLiteral(rows.map(({ id }) => id))}::bigint[], ${arrayLiteral(expiries(rows))}::float8[]) AS t(id, ms)
      WHERE key_packages.id = t.id`;
    return rows.length;
  }

  /** The same for the last resorts. */
  async #dateLastResorts(which: Prisma.Sql): Promise<number> {
    const rows = await this.#database.prisma.$queryRaw<UndatedRow[]>`
      SELECT id::text, encode(last_resort_key_package, 'base64') AS "keyPackage" FROM devices
      WHERE ${which} AND last_resort_key_package IS NOT NULL AND last_resort_expires_at IS NULL LIMIT ${atOnce}`;
    if (rows.length === 0) return 0;
    // One that was replaced in between has its own expiry already.
    await this.#database.prisma.$executeRaw`
      UPDATE devices SET last_resort_expires_at = to_timestamp(t.ms / 1000)
      FROM unnest(${arrayLiteral(rows.map(({ id }) => id))}::uuid[], ${arrayLiteral(expiries(rows))}::float8[]) AS t(id, ms)
      WHERE devices.id = t.id AND devices.last_resort_expires_at IS NULL`;
    return rows.length;
  }
}
