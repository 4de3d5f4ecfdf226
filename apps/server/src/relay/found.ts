import { type ClientFrameOf, type Epoch, ProtocolError } from '@undertone/protocol';
import type { Tx } from '../database/database.ts';
import { serverLimits } from '../server-limits.ts';
import { writeEpoch } from './group-rows.ts';
import { alreadySent } from './idempotency.ts';
import { lockRoom, nextSeq, requireActiveDevice, requireMember, staleEpoch } from './locked-room.ts';
import type { Outbox } from './outbox.ts';
import type { Ack, Sender } from './sender.ts';

/** SPEC R8: a room's group is begun anew at most once in this time. */
/**
 * SPEC R1: begin the room's next generation with its founder alone on the roster. The first group of a room may be founded at any
 * time, later ones at most once a minute.
 */
export async function found(
  tx: Tx,
  outbox: Outbox,
  sender: Sender,
  frame: Omit<ClientFrameOf<'found'>, 'type' | 'ref'>,
): Promise<Ack> {
  const room = await lockRoom(tx, frame.room);
  const earlier = await alreadySent(tx, { device: sender.device, id: frame.id }, room.id);
  if (earlier) return earlier;
  await requireActiveDevice(tx, sender.device);
  await requireMember(tx, room, sender.account);
  if (frame.generation !== room.generation + 1) throw staleEpoch(room);
  const now = Date.now();
  const waitMs = room.foundedAt === null ? 0 : room.foundedAt + serverLimits.generationMinMs - now;
  if (waitMs > 0) throw new ProtocolError('generation_too_soon', { retryAfterMs: waitMs });

  const ack: Ack = { room: room.id, id: frame.id, seq: nextSeq(room), at: now };
  const { generation, authenticator, groupInfo } = frame;
  const epoch = 0 as Epoch;
  outbox.entry(room.id, {
    kind: 'found',
    seq: ack.seq,
    at: now,
    generation,
    epoch,
    id: frame.id,
    account: sender.account,
    device: sender.device,
    authenticator,
  });
  await outbox.append(tx);
  await tx.rosterDevice.deleteMany({ where: { roomId: room.id } });
  await tx.welcome.deleteMany({ where: { roomId: room.id } });
  await tx.room.update({ where: { id: room.id }, data: { foundedAt: new Date(now) }, select: { id: true } });
  await writeEpoch(tx, {
    room: room.id,
    generation,
    epoch,
    seq: ack.seq,
    external: false,
    added: [sender.device],
    removed: [],
    authenticator,
    groupInfo,
    welcome: undefined,
  });
  return ack;
}
