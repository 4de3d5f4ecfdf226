import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { type AccountId, type DeviceId, limits, type SessionId, type SessionInfo } from '@undertone/protocol';
import type { Database, Tx } from '../database/database.ts';

/** Writing `last_seen_at` more often than this would be a write per request. */
const seenEveryMs = 5 * 60_000;
const dayMs = 86_400_000;

/** A session that a request came with. `device` is set where it has proved to be an active device (SPEC I7). */
export interface ActiveSession {
  readonly id: SessionId;
  readonly account: AccountId;
  readonly device: DeviceId | null;
  /** It was bound to a device that does not count any more (SPEC R6). */
  readonly replaced: boolean;
}

const hashToken = (token: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(createHash('sha256').update(token).digest());

const idleSince = (): Date => new Date(Date.now() - limits.sessionIdleDays * dayMs);

/** Sessions (SPEC A4). Only the SHA-256 of a token is kept. */
export class SessionRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Begin a session; the token goes into the cookie and nowhere else. */
  async create(
    account: AccountId,
    label: string,
    tx: Tx = this.#database.prisma,
  ): Promise<{ id: SessionId; token: string }> {
    const token = randomBytes(32).toString('base64url');
    const id = randomUUID() as SessionId;
    await tx.session.create({
      data: { id, accountId: account, tokenHash: hashToken(token), label },
      select: { id: true },
    });
    return { id, token };
  }

  /** The session of a token, unless it ended or was idle for too long. */
  async find(token: string): Promise<ActiveSession | undefined> {
    const row = await this.#database.prisma.session.findUnique({
      where: { tokenHash: hashToken(token), lastSeenAt: { gt: idleSince() } },
      select: { id: true, accountId: true, lastSeenAt: true, device: { select: { id: true, active: true } } },
    });
    if (row === null) return undefined;
    if (Date.now() - row.lastSeenAt.getTime() > seenEveryMs) {
      await this.#database.prisma.session.updateMany({ where: { id: row.id }, data: { lastSeenAt: new Date() } });
    }
    return {
      id: row.id as SessionId,
      account: row.accountId as AccountId,
      device: row.device?.active ? (row.device.id as DeviceId) : null,
      replaced: row.device?.active === false,
    };
  }

  async list(account: AccountId, current: SessionId): Promise<SessionInfo[]> {
    const rows = await this.#database.prisma.session.findMany({
      where: { accountId: account, lastSeenAt: { gt: idleSince() } },
      select: { id: true, label: true, createdAt: true, lastSeenAt: true },
      orderBy: { lastSeenAt: 'desc' },
    });
    return rows.map((row) => ({
      id: row.id as SessionId,
      label: row.label,
      createdAt: row.createdAt.getTime(),
      lastSeenAt: row.lastSeenAt.getTime(),
      current: row.id === current,
    }));
  }

  async bind(session: SessionId, device: DeviceId, tx: Tx = this.#database.prisma): Promise<void> {
    await tx.session.update({ where: { id: session }, data: { deviceId: device }, select: { id: true } });
  }

  /** End one session of the account. Returns whether there was one. */
  async end(account: AccountId, id: SessionId): Promise<boolean> {
    const { count } = await this.#database.prisma.session.deleteMany({ where: { id, accountId: account } });
    return count > 0;
  }

  /** End the account's sessions, all or all but one. Returns those that ended. */
  async endAll(account: AccountId, except: SessionId | null, tx: Tx = this.#database.prisma): Promise<SessionId[]> {
    const where = { accountId: account, ...(except === null ? {} : { id: { not: except } }) };
    const rows = await tx.session.findMany({ where, select: { id: true } });
    await tx.session.deleteMany({ where });
    return rows.map(({ id }) => id as SessionId);
  }

  /** Forget sessions that were idle for too long. */
  async prune(): Promise<void> {
    await this.#database.prisma.session.deleteMany({ where: { lastSeenAt: { lte: idleSince() } } });
  }
}
