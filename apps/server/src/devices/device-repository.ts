import {
  type AccountId,
  type DeviceId,
  equalBytes,
  type KeyLog,
  ProtocolError,
  type SessionId,
  toBase64url,
} from '@undertone/protocol';
import type { Database, Tx } from '../database/database.ts';
import { checkRootEntry, isFormerRoot } from './key-log-entry.ts';

export interface NewDevice {
  readonly account: AccountId;
  readonly device: DeviceId;
  readonly session: SessionId;
  readonly signatureKey: Uint8Array<ArrayBuffer>;
  readonly logEntry: Uint8Array<ArrayBuffer>;
  readonly startAnew: boolean;
}

/** A device without a key package of last resort. */
const noLastResort = {
  lastResortReference: null,
  lastResortKeyPackage: null,
  lastResortExpiresAt: null,
  lastResortUsedAt: null,
} as const;

export interface Registered {
  /** The number of the key log that begins with this device. */
  readonly root: number;
  /** Devices that do not count any more. */
  readonly replaced: readonly DeviceId[];
}

/** Devices and key logs (SPEC I1-I3, I5). */
export class DeviceRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Make this the account's only device, with a new key log. Fails with `device_exists` where it has one and does not start anew.
   * The account's row is locked, so two browsers that register at once do so one after the other.
   */
  async register(tx: Tx, device: NewDevice): Promise<Registered> {
    const [account] = await tx.$queryRaw<{ root: number }[]>`
      SELECT root FROM accounts WHERE id = ${device.account}::uuid AND deleted_at IS NULL FOR UPDATE`;
    if (account === undefined) throw new ProtocolError('not_signed_in');
    const before = await tx.device.findMany({
      where: { accountId: device.account },
      select: { id: true, active: true },
    });
    const active = before.filter((row) => row.active).map((row) => row.id as DeviceId);
    if (active.length > 0 && !device.startAnew) throw new ProtocolError('device_exists');
    const root = before.length === 0 ? account.root : account.root + 1;
    const { count } = await tx.device.createMany({
      data: [{ id: device.device, accountId: device.account, root, signatureKey: device.signatureKey }],
      skipDuplicates: true,
    });
    if (count === 0) throw new ProtocolError('device_exists', { reason: 'this device id is in use' });
    await this.deactivate(tx, active);
    await tx.account.update({ where: { id: device.account }, data: { root }, select: { id: true } });
    await tx.keyLogEntry.create({
      data: { accountId: device.account, root, index: 0, entry: device.logEntry },
      select: { root: true },
    });
    await tx.session.update({
      where: { id: device.session },
      data: { deviceId: device.device },
      select: { id: true },
    });
    return { root, replaced: active };
  }

  /**
   * SPEC K11: put a first entry of version 2 in the place of one of version 1 that names the same device and key: the account's present
   * log is just that. The same entry again changes nothing. Fails with `invalid_proof`.
   */
  async upgradeKeyLog(account: AccountId, device: DeviceId, logEntry: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#database.transaction(async (tx) => {
      const [owner] = await tx.$queryRaw<{ root: number; username: string }[]>`
        SELECT root, username FROM accounts WHERE id = ${account}::uuid AND deleted_at IS NULL FOR UPDATE`;
      const own = await tx.device.findUnique({
        where: { id: device, accountId: account, active: true },
        select: { signatureKey: true },
      });
      if (owner === undefined || own === null) throw new ProtocolError('device_replaced');
      const { root, username } = owner;
      const entries = await tx.keyLogEntry.findMany({ where: { accountId: account, root }, select: { entry: true } });
      const [former] = entries;
      if (former && equalBytes(former.entry, logEntry)) return;
      const claim = { account, username, device, signatureKey: own.signatureKey };
      if (entries.length !== 1 || !former || !isFormerRoot(former.entry, claim)) {
        throw new ProtocolError('invalid_proof', { reason: 'the key log is not one of version 1 of this device' });
      }
      checkRootEntry(logEntry, claim);
      await tx.keyLogEntry.update({
        where: { accountId_root_index: { accountId: account, root, index: 0 } },
        data: { entry: logEntry },
        select: { root: true },
      });
    });
  }

  /** These devices count no more, and nobody gets a key package of theirs. */
  async deactivate(tx: Tx, devices: readonly DeviceId[]): Promise<void> {
    if (devices.length === 0) return;
    await tx.device.updateMany({
      where: { id: { in: [...devices] } },
      data: { active: false, ...noLastResort },
    });
    await tx.keyPackage.deleteMany({ where: { deviceId: { in: [...devices] } } });
  }

  async activeDevices(tx: Tx, account: AccountId): Promise<DeviceId[]> {
    const rows = await tx.device.findMany({ where: { accountId: account, active: true }, select: { id: true } });
    return rows.map((row) => row.id as DeviceId);
  }

  /** A device of the account, with the key to check its proof with (SPEC I7). */
  async find(account: AccountId, device: DeviceId): Promise<{ active: boolean; signatureKey: Uint8Array } | undefined> {
    const row = await this.#database.prisma.device.findUnique({
      where: { id: device, accountId: account },
      select: { active: true, signatureKey: true },
    });
    return row ?? undefined;
  }

  /** Every key log of these accounts, an account's in the order of their roots (SPEC I8). */
  async keyLogs(accounts: readonly AccountId[]): Promise<KeyLog[]> {
    const rows = await this.#database.prisma.keyLogEntry.findMany({
      where: { accountId: { in: [...accounts] } },
      select: { accountId: true, root: true, entry: true },
      orderBy: [{ accountId: 'asc' }, { root: 'asc' }, { index: 'asc' }],
    });
    const logs = new Map<string, KeyLog>();
    for (const { accountId, root, entry } of rows) {
      const place = `${accountId}/${root}`;
      const log = logs.get(place) ?? { account: accountId as AccountId, root, entries: [] };
      log.entries.push(toBase64url(entry));
      logs.set(place, log);
    }
    return [...logs.values()];
  }
}
