import {
  type AccountId,
  type ClaimedKeyPackages,
  type DeviceId,
  fromBase64url,
  type KeyPackageCount,
  limits,
  ProtocolError,
  toBase64url,
  type UploadKeyPackagesRequest,
} from '@undertone/protocol';
import type { Database } from '../database/database.ts';

interface ClaimedRow {
  readonly account: AccountId;
  readonly device: DeviceId;
  readonly keyPackage: string | null;
}

/** Key packages in stock (RFC 9420 §10, §16.8). */
export class KeyPackageRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Add to the device's stock; what goes beyond a full stock is left out, and so is what is there already. */
  async upload(device: DeviceId, { keyPackages, lastResort }: UploadKeyPackagesRequest): Promise<KeyPackageCount> {
    await this.#database.transaction(async (tx) => {
      const room = limits.keyPackagesStock - (await tx.keyPackage.count({ where: { deviceId: device } }));
      await tx.keyPackage.createMany({
        data: keyPackages.slice(0, Math.max(0, room)).map(({ reference, keyPackage }) => ({
          deviceId: device,
          reference: fromBase64url(reference),
          keyPackage: fromBase64url(keyPackage),
        })),
        skipDuplicates: true,
      });
      if (lastResort === undefined) return;
      await tx.device.update({
        where: { id: device },
        data: {
          lastResortReference: fromBase64url(lastResort.reference),
          lastResortKeyPackage: fromBase64url(lastResort.keyPackage),
        },
        select: { id: true },
      });
    });
    return this.count(device);
  }

  async count(device: DeviceId): Promise<KeyPackageCount> {
    const count = await this.#database.prisma.keyPackage.count({ where: { deviceId: device } });
    const row = await this.#database.prisma.device.findUnique({
      where: { id: device },
      select: { lastResortReference: true },
    });
    return { count, lastResort: row?.lastResortReference != null };
  }

  /**
   * One key package of every active device of these accounts, but not of the claiming device: each is given once and gone, in one
   * statement (`SKIP LOCKED`: two claims at once take different ones). A device without stock gives its last resort; one
   * without either is left out. An account that cannot be reached at all is `no_key_package`, and nothing is taken.
   */
  async claim(claimer: DeviceId, accounts: readonly AccountId[]): Promise<ClaimedKeyPackages['keyPackages']> {
    return this.#database.transaction(async (tx) => {
      const rows = await tx.$queryRaw<ClaimedRow[]>`
        WITH targets AS (
          SELECT id, account_id, last_resort_key_package FROM devices
          WHERE active AND account_id = ANY(${[...new Set(accounts)]}::uuid[]) AND id <> ${claimer}::uuid
        ), picked AS (
          SELECT p.id FROM targets t CROSS JOIN LATERAL (
            SELECT k.id FROM key_packages k WHERE k.device_id = t.id ORDER BY k.id LIMIT 1 FOR UPDATE SKIP LOCKED
          ) p
        ), taken AS (
          DELETE FROM key_packages k USING picked WHERE k.id = picked.id RETURNING k.device_id, k.key_package
        )
        SELECT t.account_id AS account, t.id AS device,
          encode(coalesce(taken.key_package, t.last_resort_key_package), 'base64') AS "keyPackage"
        FROM targets t LEFT JOIN taken ON taken.device_id = t.id`;
      const claimed = rows.flatMap(({ account, device, keyPackage }) =>
        keyPackage === null
          ? []
          : [{ account, device, keyPackage: toBase64url(new Uint8Array(Buffer.from(keyPackage, 'base64'))) }],
      );
      const reached = new Set(claimed.map(({ account }) => account));
      const [own] = await tx.$queryRaw<{ account: AccountId }[]>`
        SELECT account_id AS account FROM devices WHERE id = ${claimer}::uuid`;
      const unreachable = accounts.filter((account) => !reached.has(account) && account !== own?.account);
      if (unreachable.length > 0) throw new ProtocolError('no_key_package', { accounts: unreachable });
      return claimed;
    });
  }
}
