import { createHash, randomBytes } from 'node:crypto';
import { type AccountId, type Invite, ProtocolError } from '@undertone/protocol';
import type { Database, Tx } from '../database/database.ts';
import { serverLimits } from '../server-limits.ts';

const hashCode = (code: string): Uint8Array<ArrayBuffer> => new Uint8Array(createHash('sha256').update(code).digest());

/** Invitations: single use, valid for a week, kept as a hash only. */
export class InviteRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** `createdBy` is null for the one that the server prints while there is no account. */
  async create(createdBy: AccountId | null): Promise<Invite> {
    const code = randomBytes(18).toString('base64url');
    const expiresAt = new Date(Date.now() + serverLimits.inviteValidMs);
    await this.#database.prisma.invite.create({
      data: { codeHash: hashCode(code), createdBy, expiresAt },
      select: { expiresAt: true },
    });
    return { code, expiresAt: expiresAt.getTime() };
  }

  /** Whether the code would be taken now. */
  async isValid(code: string): Promise<boolean> {
    const where = { codeHash: hashCode(code), usedAt: null, expiresAt: { gt: new Date() } };
    return (await this.#database.prisma.invite.findUnique({ where, select: { expiresAt: true } })) !== null;
  }

  /** Use the code up for an account. Fails with `invalid_invite` where it is unknown, used or too old. */
  async redeem(tx: Tx, code: string, account: AccountId): Promise<void> {
    const { count } = await tx.invite.updateMany({
      where: { codeHash: hashCode(code), usedAt: null, expiresAt: { gt: new Date() } },
      data: { usedAt: new Date(), usedBy: account },
    });
    if (count === 0) throw new ProtocolError('invalid_invite');
  }
}
