import {
  type AccountId,
  type DeviceId,
  normalizeUsername,
  type PresenceVisibility,
  type Profile,
  ProtocolError,
} from '@undertone/protocol';
import { usernameKeys } from '@undertone/protocol/username-key';
import type { Database, Tx } from '../database/database.ts';
import { Prisma } from '../generated/prisma/client.ts';

/** What stands where a deleted account's name stood. The space keeps it from being anybody's username. */
const tombstoneName = 'deleted account';
const searchMax = 20;

const profileFields = { id: true, username: true, displayName: true, avatarHash: true } as const;

interface ProfileRow {
  readonly id: string;
  readonly username: string | null;
  readonly displayName: string | null;
  readonly avatarHash: string | null;
}

const profileFromRow = (row: ProfileRow): Profile => ({
  id: row.id as AccountId,
  username: row.username ?? tombstoneName,
  displayName: row.displayName,
  avatar: row.avatarHash,
});

export interface NewAccount {
  readonly id: AccountId;
  readonly username: string;
  readonly passwordHash: string;
  readonly displayName: string | null;
  readonly avatarHash: string | null;
}

export interface Credentials {
  readonly id: AccountId;
  readonly passwordHash: string;
}

/** An account as it sees itself. */
export interface Self {
  readonly profile: Profile;
  readonly root: number;
  readonly devices: DeviceId[];
  readonly presence: PresenceVisibility;
}

/** `LIKE` pattern of what begins with `text`. */
const beginsWith = (text: string): string => `${text.replace(/[\\%_]/g, '\\$&')}%`;

export class AccountRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async count(): Promise<number> {
    return this.#database.prisma.account.count();
  }

  async isTaken(username: string): Promise<boolean> {
    const { usernameKey, writtenKey } = usernameKeys(username);
    const where = { OR: [{ usernameKey }, { writtenKey }] };
    return (await this.#database.prisma.account.findFirst({ where, select: { id: true } })) !== null;
  }

  /** Fails with `username_taken` where the name, or one that looks like it, is taken (SPEC A1). */
  async create(tx: Tx, account: NewAccount): Promise<void> {
    const username = normalizeUsername(account.username);
    try {
      await tx.account.create({ data: { ...account, username, ...usernameKeys(username) }, select: { id: true } });
    } catch (error) {
      if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002') {
        throw new ProtocolError('username_taken', {}, { cause: error });
      }
      throw error;
    }
  }

  async credentialsByName(username: string): Promise<Credentials | undefined> {
    const { usernameKey } = usernameKeys(username);
    const row = await this.#database.prisma.account.findUnique({
      where: { usernameKey },
      select: { id: true, passwordHash: true },
    });
    return row?.passwordHash ? { id: row.id as AccountId, passwordHash: row.passwordHash } : undefined;
  }

  async passwordHash(id: AccountId): Promise<string | null> {
    const row = await this.#database.prisma.account.findUnique({ where: { id }, select: { passwordHash: true } });
    return row?.passwordHash ?? null;
  }

  async setPassword(tx: Tx, id: AccountId, passwordHash: string): Promise<void> {
    await tx.account.update({ where: { id }, data: { passwordHash }, select: { id: true } });
  }

  /** The profile with its root number (SPEC I5), the devices of the present key log, and who may see its presence. */
  async self(id: AccountId): Promise<Self | undefined> {
    const row = await this.#database.prisma.account.findUnique({
      where: { id },
      select: {
        ...profileFields,
        root: true,
        presence: true,
        devices: { where: { active: true }, select: { id: true } },
      },
    });
    if (row === null) return undefined;
    return {
      profile: profileFromRow(row),
      root: row.root,
      devices: row.devices.map((device) => device.id as DeviceId),
      presence: row.presence,
    };
  }

  async profiles(ids: readonly AccountId[]): Promise<Profile[]> {
    const rows = await this.#database.prisma.account.findMany({
      where: { id: { in: [...ids] } },
      select: profileFields,
    });
    return rows.map(profileFromRow);
  }

  /** People whose username or display name begins with `text`, oneself left out. */
  async search(text: string, self: AccountId): Promise<Profile[]> {
    const pattern = beginsWith(text.normalize('NFKC').trim());
    if (pattern === '%') return [];
    const rows = await this.#database.prisma.$queryRaw<ProfileRow[]>`
      SELECT id, username, display_name AS "displayName", avatar_hash AS "avatarHash" FROM accounts
      WHERE deleted_at IS NULL AND id <> ${self}::uuid
        AND (username ILIKE ${pattern} OR display_name ILIKE ${pattern})
      ORDER BY lower(username) LIMIT ${searchMax}`;
    return rows.map(profileFromRow);
  }

  async update(
    tx: Tx,
    id: AccountId,
    change: { displayName?: string | null; avatarHash?: string | null; presence?: PresenceVisibility },
  ): Promise<void> {
    await tx.account.update({ where: { id }, data: change, select: { id: true } });
  }

  /** Leave a tombstone: everything personal goes, the id stays so that history can name it. */
  async erase(tx: Tx, id: AccountId): Promise<void> {
    await tx.account.update({
      where: { id },
      data: {
        username: null,
        usernameKey: null,
        writtenKey: null,
        displayName: null,
        avatarHash: null,
        passwordHash: null,
        lastSeenAt: null,
        deletedAt: new Date(),
      },
      select: { id: true },
    });
  }
}
