import { randomUUID } from 'node:crypto';
import type { RoomId } from '@undertone/protocol';
import type { Database } from '../database/database.ts';

export const lobbySlug = 'lobby';

/** `#lobby` exists from the first start. Several processes may start at once; all learn the same id. */
export async function ensureLobby(database: Database): Promise<RoomId> {
  const id = randomUUID() as RoomId;
  const lobby = { id, kind: 'public', policy: 'shared', slug: lobbySlug, name: 'Lobby', topic: '' } as const;
  await database.prisma.room.createMany({ data: [lobby], skipDuplicates: true });
  const row = await database.prisma.room.findUniqueOrThrow({ where: { slug: lobbySlug }, select: { id: true } });
  return row.id as RoomId;
}
