import { createHash } from 'node:crypto';
import { fromBase64url, limits, ProtocolError } from '@undertone/protocol';
import type { Database, Tx } from '../database/database.ts';
import { avatarType } from './avatar-type.ts';

export interface StoredAvatar {
  readonly type: string;
  readonly data: Uint8Array;
}

/** Pictures by the hash of their content. */
export class AvatarRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Keep a picture; returns its hash. Fails with `invalid_avatar` where it is none, or too large. */
  async put(tx: Tx, base64url: string): Promise<string> {
    const data = fromBase64url(base64url);
    const type = avatarType(data);
    if (type === undefined || data.length > limits.avatarMaxBytes) throw new ProtocolError('invalid_avatar');
    const hash = createHash('sha256').update(data).digest('hex');
    await tx.avatar.createMany({ data: [{ hash, type, data }], skipDuplicates: true });
    return hash;
  }

  async get(hash: string): Promise<StoredAvatar | null> {
    return this.#database.prisma.avatar.findUnique({ where: { hash }, select: { type: true, data: true } });
  }

  /** Delete pictures that no account refers to. */
  async prune(tx: Tx): Promise<void> {
    await tx.$executeRaw`DELETE FROM avatars a WHERE NOT EXISTS (SELECT FROM accounts c WHERE c.avatar_hash = a.hash)`;
  }
}
