import { randomUUID } from 'node:crypto';
import { type KvStore, Upload } from '@tus/server';
import { type AccountId, type BlobId, ProtocolError, type RoomKind } from '@undertone/protocol';
import type { Database, Tx } from '../database/database.ts';

/** A blob that is not given up. */
export interface BlobRow {
  readonly id: BlobId;
  readonly account: AccountId;
  readonly bytes: number;
  readonly complete: boolean;
  /** Whether a message names it. */
  readonly attached: boolean;
  /** Null once a message names it. */
  readonly expiresAt: Date | null;
}

interface ReadableRow extends BlobRow {
  readonly kind: RoomKind | null;
  readonly seq: number | null;
  readonly joinedSeq: number | null;
}

export interface BlobLimits {
  readonly quotaBytes: number;
  /** How long an upload has to be finished, and a finished one to be named by a message. */
  readonly maxAgeMs: number;
}

/** The truth about blobs: whose they are, how much of a quota they take, and which message they belong to (SPEC F3). */
export class BlobRepository {
  readonly #database: Database;
  readonly #limits: BlobLimits;

  constructor(database: Database, limits: BlobLimits) {
    this.#database = database;
    this.#limits = limits;
  }

  #expiry(): Date {
    return new Date(Date.now() + this.#limits.maxAgeMs);
  }

  /** Note an upload that begins. Fails with `blob_quota`. Uploads of one account that begin at once take turns at its row. */
  async begin(account: AccountId, bytes: number): Promise<{ id: BlobId; expiresAt: Date }> {
    const id = randomUUID() as BlobId;
    const expiresAt = this.#expiry();
    await this.#database.transaction(async (tx) => {
      const [owner] = await tx.$queryRaw<unknown[]>`
        SELECT FROM accounts WHERE id = ${account}::uuid AND deleted_at IS NULL FOR NO KEY UPDATE`;
      if (owner === undefined) throw new ProtocolError('not_signed_in');
      const used = await this.usedBytes(account, tx);
      const { quotaBytes } = this.#limits;
      if (used + bytes > quotaBytes) throw new ProtocolError('blob_quota', { usedBytes: used, quotaBytes });
      await tx.blob.create({
        data: { id, accountId: account, bytes: BigInt(bytes), expiresAt },
        select: { id: true },
      });
    });
    return { id, expiresAt };
  }

  /** What the account's blobs take, those included that are given up but not deleted yet. */
  async usedBytes(account: AccountId, tx: Tx = this.#database.prisma): Promise<number> {
    const { _sum } = await tx.blob.aggregate({ where: { accountId: account }, _sum: { bytes: true } });
    return Number(_sum.bytes ?? 0);
  }

  /** The account's own blob, or `unknown_blob`. */
  async own(account: AccountId, id: BlobId): Promise<BlobRow> {
    const row = await this.#find(id);
    if (row?.account !== account) throw new ProtocolError('unknown_blob');
    return row;
  }

  /**
   * SPEC F3: the blob, if the account may read it: its uploader may, and who may read the message that names it. Fails with
   * `unknown_blob`, or `blob_incomplete` for its uploader.
   */
  async readable(account: AccountId, id: BlobId): Promise<BlobRow> {
    const [row] = await this.#database.prisma.$queryRaw<ReadableRow[]>`
      SELECT b.id, b.account_id AS account, b.bytes::float8, b.complete, b.room_id IS NOT NULL AS attached,
        b.expires_at AS "expiresAt", r.kind::text, b.seq::float8, m.joined_seq::float8 AS "joinedSeq"
      FROM blobs b LEFT JOIN rooms r ON r.id = b.room_id
        LEFT JOIN memberships m ON m.room_id = b.room_id AND m.account_id = ${account}::uuid
      WHERE b.id = ${id}::uuid AND (b.room_id IS NOT NULL OR b.expires_at IS NOT NULL)`;
    if (row === undefined || !(row.account === account || mayReadMessage(row))) throw new ProtocolError('unknown_blob');
    if (!row.complete) throw new ProtocolError('blob_incomplete');
    return row;
  }

  /** Every byte is there and durable. Does nothing to a blob that is complete, or given up. */
  async complete(id: BlobId): Promise<void> {
    await this.#database.prisma.blob.updateMany({
      where: { id, complete: false, expiresAt: { not: null } },
      data: { complete: true, expiresAt: this.#expiry() },
    });
  }

  /** Give up a blob that no message names. Returns whether it was there. */
  async giveUp(id: BlobId): Promise<boolean> {
    const { count } = await this.#database.prisma.blob.updateMany({
      where: { id, roomId: null },
      data: { expiresAt: null },
    });
    return count > 0;
  }

  /** Give up those whose time is over. */
  async giveUpExpired(): Promise<void> {
    await this.#database.prisma.blob.updateMany({
      where: { expiresAt: { lte: new Date() } },
      data: { expiresAt: null },
    });
  }

  /** SPEC F3: the account ends, and with it everything that it stored. */
  async giveUpAllOf(tx: Tx, account: AccountId): Promise<void> {
    await tx.blob.updateMany({
      where: { accountId: account },
      data: { roomId: null, seq: null, expiresAt: null },
    });
  }

  /** Some of those that are given up. */
  async givenUp(limit: number): Promise<BlobId[]> {
    const rows = await this.#database.prisma.blob.findMany({
      where: { roomId: null, expiresAt: null },
      select: { id: true },
      take: limit,
    });
    return rows.map(({ id }) => id as BlobId);
  }

  /** Nothing is stored under the id any more. */
  async forget(id: BlobId): Promise<void> {
    await this.#database.prisma.blob.deleteMany({ where: { id, roomId: null, expiresAt: null } });
  }

  /** Which of these ids have a row. */
  async known(ids: readonly BlobId[]): Promise<Set<BlobId>> {
    const rows = await this.#database.prisma.blob.findMany({ where: { id: { in: [...ids] } }, select: { id: true } });
    return new Set(rows.map(({ id }) => id as BlobId));
  }

  /** What tus asks to know of an upload, from the rows. */
  uploads(): KvStore<Upload> {
    return {
      get: async (id) => {
        const row = await this.#find(id as BlobId);
        return row && new Upload({ id, size: row.bytes, offset: 0 });
      },
      set: async () => {},
      delete: async () => {},
    };
  }

  async #find(id: BlobId): Promise<BlobRow | undefined> {
    const row = await this.#database.prisma.blob.findUnique({
      where: { id, OR: [{ roomId: { not: null } }, { expiresAt: { not: null } }] },
      select: { accountId: true, bytes: true, complete: true, roomId: true, expiresAt: true },
    });
    if (row === null) return undefined;
    const { accountId, bytes, complete, roomId, expiresAt } = row;
    return {
      id,
      account: accountId as AccountId,
      bytes: Number(bytes),
      complete,
      attached: roomId !== null,
      expiresAt,
    };
  }
}

/** SPEC L6: members read all of a public room; of a thread what follows the beginning of their membership. */
function mayReadMessage({ kind, seq, joinedSeq }: ReadableRow): boolean {
  if (joinedSeq === null || seq === null) return false;
  return kind === 'public' || seq > joinedSeq;
}
