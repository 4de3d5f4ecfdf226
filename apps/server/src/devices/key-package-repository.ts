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
import { keyPackageExpiry } from '../mls/key-package-lifetime.ts';
import { KeyPackageTidying } from './key-package-tidying.ts';

interface ClaimedRow {
  readonly account: AccountId;
  readonly device: DeviceId;
  readonly keyPackage: string | null;
}

type Uploaded = UploadKeyPackagesRequest['keyPackages'][number];

interface NewKeyPackage {
  readonly reference: Uint8Array<ArrayBuffer>;
  readonly keyPackage: Uint8Array<ArrayBuffer>;
  readonly expiresAt: Date;
}

/** What is to be stored. The expiry is read from the key package itself; fails with `invalid_request` where the declared one is another. */
function checked(uploaded: Uploaded, now: number): NewKeyPackage {
  const keyPackage = fromBase64url(uploaded.keyPackage);
  const expiresAt = keyPackageExpiry(keyPackage);
  const refused = (reason: string) => new ProtocolError('invalid_request', { field: 'keyPackage', reason });
  if (expiresAt === undefined) throw refused('not a key package');
  // MLS has whole seconds.
  if (Math.floor(uploaded.expiresAt / 1000) * 1000 !== expiresAt) throw refused('its lifetime ends at another time');
  if (expiresAt <= now) throw refused('its lifetime has ended');
  return { reference: fromBase64url(uploaded.reference), keyPackage, expiresAt: new Date(expiresAt) };
}

/** Key packages in stock (RFC 9420 §10, §16.8). None is given whose lifetime has ended, or of the stock one that ends soon. */
export class KeyPackageRepository {
  readonly #database: Database;
  readonly #tidying: KeyPackageTidying;

  constructor(database: Database) {
    this.#database = database;
    this.#tidying = new KeyPackageTidying(database);
  }

  /** Add to the device's stock; what goes beyond a full stock is left out, and so is what is there already. */
  async upload(device: DeviceId, request: UploadKeyPackagesRequest): Promise<KeyPackageCount> {
    const now = Date.now();
    const keyPackages = request.keyPackages.map((uploaded) => checked(uploaded, now));
    const lastResort = request.lastResort && checked(request.lastResort, now);
    await this.#tidying.tidy([device]);
    await this.#database.transaction(async (tx) => {
      const room = limits.keyPackagesStock - (await tx.keyPackage.count({ where: { deviceId: device } }));
      await tx.keyPackage.createMany({
        data: keyPackages.slice(0, Math.max(0, room)).map((fresh) => ({ deviceId: device, ...fresh })),
        skipDuplicates: true,
      });
      if (lastResort === undefined) return;
      await tx.device.update({
        where: { id: device },
        data: {
          lastResortReference: lastResort.reference,
          lastResortKeyPackage: lastResort.keyPackage,
          lastResortExpiresAt: lastResort.expiresAt,
          lastResortUsedAt: null,
        },
        select: { id: true },
      });
    });
    return this.count(device);
  }

  /** What could be given of this device. */
  async count(device: DeviceId): Promise<KeyPackageCount> {
    await this.#tidying.tidy([device]);
    const count = await this.#database.prisma.keyPackage.count({ where: { deviceId: device } });
    const row = await this.#database.prisma.device.findUnique({
      where: { id: device },
      select: { lastResortReference: true, lastResortExpiresAt: true, lastResortUsedAt: true },
    });
    if (!row?.lastResortReference || !row.lastResortExpiresAt) return { count, lastResort: null };
    const lastResort = {
      reference: toBase64url(row.lastResortReference),
      used: row.lastResortUsedAt !== null,
      expiresAt: row.lastResortExpiresAt.getTime(),
    };
    return { count, lastResort };
  }

  /**
   * One key package of every active device of these accounts, but not of the claiming device: each is given once and gone, in one
   * statement (`SKIP LOCKED`: two claims at once take different ones). A device without stock gives its last resort; one
   * without either is left out. An account that cannot be reached at all is `no_key_package`, and nothing is taken.
   */
  async claim(claimer: DeviceId, accounts: readonly AccountId[]): Promise<ClaimedKeyPackages['keyPackages']> {
    const targets = await this.#database.prisma.device.findMany({
      where: { active: true, accountId: { in: [...accounts] }, id: { not: claimer } },
      select: { id: true },
    });
    await this.#tidying.tidy(targets.map(({ id }) => id as DeviceId));
    return this.#database.transaction(async (tx) => {
      const rows = await tx.$queryRaw<ClaimedRow[]>`
        WITH targets AS (
          SELECT id, account_id,
            CASE WHEN last_resort_expires_at > now() THEN last_resort_key_package END AS last_resort
          FROM devices
          WHERE active AND account_id = ANY(${[...new Set(accounts)]}::uuid[]) AND id <> ${claimer}::uuid
        ), picked AS (
          SELECT p.id FROM targets t CROSS JOIN LATERAL (
            SELECT k.id FROM key_packages k
            WHERE k.device_id = t.id AND k.expires_at > now() + ${limits.keyPackageMinValidMs}::float8 * interval '1 millisecond'
            ORDER BY k.id LIMIT 1 FOR UPDATE SKIP LOCKED
          ) p
        ), taken AS (
          DELETE FROM key_packages k USING picked WHERE k.id = picked.id RETURNING k.device_id, k.key_package
        ), used AS (
          UPDATE devices d SET last_resort_used_at = now() FROM targets t
          WHERE d.id = t.id AND d.last_resort_used_at IS NULL AND t.last_resort IS NOT NULL
            AND NOT EXISTS (SELECT FROM taken WHERE taken.device_id = t.id)
        )
        SELECT t.account_id AS account, t.id AS device,
          encode(coalesce(taken.key_package, t.last_resort), 'base64') AS "keyPackage"
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

  /** Delete what can be given no more, of all devices. */
  async prune(): Promise<void> {
    await this.#tidying.tidy();
  }
}
