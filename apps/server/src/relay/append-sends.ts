import { type ClientFrameOf, type DeviceId, limits, ProtocolError, type RoomId } from '@undertone/protocol';
import type { Tx } from '../database/database.ts';
import { findSent, sentKey } from './idempotency.ts';
import { type LockedRoom, lockRooms, nextSeq, outsiderError, staleEpoch } from './locked-room.ts';
import type { Outbox } from './outbox.ts';
import type { Ack, Sender } from './sender.ts';

export type SendRequest = Sender & Omit<ClientFrameOf<'send'>, 'type' | 'ref'>;

export type SendOutcome = Ack | Error;

interface Roster {
  /** Devices that may send. */
  readonly active: Set<DeviceId>;
  removalPending: boolean;
}

async function readRosters(tx: Tx, requests: readonly SendRequest[]): Promise<Map<RoomId, Roster>> {
  const rows = await tx.$queryRaw<{ room: RoomId; device: DeviceId; pending: boolean }[]>`
    SELECT room_id AS room, device_id AS device, removal_pending AS pending FROM roster_devices
    WHERE room_id = ANY(${[...new Set(requests.map((request) => request.room))]}::uuid[])
      AND (removal_pending OR device_id = ANY(${[...new Set(requests.map((request) => request.device))]}::uuid[]))`;
  const rosters = new Map<RoomId, Roster>();
  for (const { room, device, pending } of rows) {
    const roster = rosters.get(room) ?? { active: new Set(), removalPending: false };
    rosters.set(room, roster);
    if (pending) roster.removalPending = true;
    else roster.active.add(device);
  }
  return rosters;
}

/** How many history links each room's present epoch has (SPEC H5), for the rooms that links are sent to. */
async function countLinks(
  tx: Tx,
  rooms: Map<RoomId, LockedRoom>,
  requests: readonly SendRequest[],
): Promise<Map<RoomId, number>> {
  const ids = new Set(requests.filter((request) => request.kind === 'link').map((request) => request.room));
  const counts = new Map<RoomId, number>();
  for (const roomId of ids) {
    const room = rooms.get(roomId);
    if (!room) continue;
    const { generation, epoch } = room;
    counts.set(
      roomId,
      await tx.entry.count({ where: { roomId, kind: 'link', generation: BigInt(generation), epoch: BigInt(epoch) } }),
    );
  }
  return counts;
}

async function isMember(tx: Tx, request: SendRequest): Promise<boolean> {
  const where = { roomId_accountId: { roomId: request.room, accountId: request.account } };
  return (await tx.membership.findUnique({ where, select: { roomId: true } })) !== null;
}

/** Why the envelope is refused (SPEC L3, R6, H5), if it is. */
async function refusal(
  tx: Tx,
  request: SendRequest,
  room: LockedRoom | undefined,
  roster: Roster | undefined,
  links: number,
): Promise<ProtocolError | undefined> {
  if (room === undefined) return new ProtocolError('unknown_room');
  if (!roster?.active.has(request.device)) {
    return (await isMember(tx, request)) ? new ProtocolError('not_in_group') : outsiderError(room.kind);
  }
  if (request.generation !== room.generation || request.epoch !== room.epoch) return staleEpoch(room);
  if (request.kind === 'message') return roster.removalPending ? new ProtocolError('removal_pending') : undefined;
  if (room.policy === 'sealed') return new ProtocolError('invalid_request', { reason: 'sealed rooms have no links' });
  return links >= limits.historyLinksPerEpoch ? new ProtocolError('link_limit') : undefined;
}

/**
 * Decide all envelopes of a flush in order and put those that are accepted into the outbox. The rooms are locked first, so what
 * is read after that holds until the transaction ends.
 */
export async function appendSends(tx: Tx, requests: readonly SendRequest[], outbox: Outbox): Promise<SendOutcome[]> {
  const rooms = await lockRooms(
    tx,
    requests.map((request) => request.room),
  );
  const sent = await findSent(tx, requests);
  const rosters = await readRosters(tx, requests);
  const links = await countLinks(tx, rooms, requests);

  const outcomes: SendOutcome[] = [];
  for (const request of requests) {
    const earlier = sent.get(sentKey(request));
    if (earlier !== undefined) {
      outcomes.push(earlier.room === request.room ? earlier : new ProtocolError('duplicate_id'));
      continue;
    }
    const room = rooms.get(request.room);
    const linkCount = links.get(request.room) ?? 0;
    const refused = await refusal(tx, request, room, rosters.get(request.room), linkCount);
    if (refused !== undefined || room === undefined) {
      outcomes.push(refused ?? new ProtocolError('unknown_room'));
      continue;
    }
    if (request.kind === 'link') links.set(room.id, linkCount + 1);
    const { kind, generation, epoch, id, account, device, body } = request;
    const ack: Ack = { room: room.id, id, seq: nextSeq(room), at: Date.now() };
    outbox.entry(room.id, { kind, seq: ack.seq, at: ack.at, generation, epoch, id, account, device, body });
    sent.set(sentKey(request), ack);
    outcomes.push(ack);
  }
  return outcomes;
}
