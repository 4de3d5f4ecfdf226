import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { type AccountId, type DeviceId, limits, type SessionId, type SessionInfo } from '@undertone/protocol';
import { Batched } from '../database/batched.ts';
import type { Database, Tx } from '../database/database.ts';
import { arrayLiteral } from '../database/sql.ts';

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

interface SessionRow {
  readonly id: SessionId;
  readonly account: AccountId;
  readonly device: DeviceId | null;
  /** Of the device; null where there is none. */
  readonly active: boolean | null;
  readonly lastSeenAt: number;
}

const hashToken = (token: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(createHash('sha256').update(token).digest());

const idleSince = (): Date => new Date(Date.now() - limits.sessionIdleDays * dayMs);

/** Sessions (SPEC A4). Only the SHA-256 of a token is kept. */
export class SessionRepository {
  readonly #database: Database;
  readonly #found: Batched<Uint8Array, SessionRow | undefined>;
  readonly #seen: Batched<SessionId, undefined>;

  constructor(database: Database) {
    this.#database = database;
    this.#found = new Batched((hashes) => this.#read(hashes));
    this.#seen = new Batched((ids) => this.#touch(ids));
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
    const row = await this.#found.ask(hashToken(token));
    if (row === undefined) return undefined;
    if (Date.now() - row.lastSeenAt > seenEveryMs) await this.#seen.ask(row.id);
    const { id, account, device, active } = row;
    return { id, account, device: active === true ? device : null, replaced: active === false };
  }

  async #read(hashes: readonly Uint8Array[]): Promise<(SessionRow | undefined)[]> {
    const wanted = hashes.map((hash) => Buffer.from(hash).toString('hex'));
    const rows = await this.#database.prisma.$queryRaw<(SessionRow & { hash: string })[]>`
      SELECT t.hash, s.id, s.account_id AS account, s.device_id AS device, d.active,
        (extract(epoch FROM s.last_seen_at) * 1000)::float8 AS "lastSeenAt"
      FROM unnest(${arrayLiteral(wanted)}::text[]) AS t(hash)
      JOIN sessions s ON s.token_hash = decode(t.hash, 'hex') LEFT JOIN devices d ON d.id = s.device_id
      WHERE s.last_seen_at > ${idleSince()}`;
    const byHash = new Map(rows.map((row) => [row.hash, row]));
    return wanted.map((hash) => byHash.get(hash));
  }

  /** Of these sessions those that are not there any more, and those that are, but speak for a device that does not count (SPEC R6). */
  async stale(ids: readonly SessionId[]): Promise<{ ended: SessionId[]; replaced: SessionId[] }> {
    const rows = await this.#database.prisma.$queryRaw<{ id: SessionId; there: boolean }[]>`
      SELECT t.id, s.id IS NOT NULL AS there
      FROM unnest(${arrayLiteral(ids)}::uuid[]) AS t(id)
      LEFT JOIN sessions s ON s.id = t.id LEFT JOIN devices d ON d.id = s.device_id
      WHERE s.id IS NULL OR NOT coalesce(d.active, false)`;
    const pick = (there: boolean): SessionId[] => rows.filter((row) => row.there === there).map(({ id }) => id);
    return { ended: pick(false), replaced: pick(true) };
  }

  async #touch(ids: readonly SessionId[]): Promise<undefined[]> {
    await this.#database.prisma.session.updateMany({
      where: { id: { in: [...ids] } },
      data: { lastSeenAt: new Date() },
    });
    return ids.map(() => undefined);
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
