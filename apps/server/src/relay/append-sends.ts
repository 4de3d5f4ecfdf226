import { type ClientFrameOf, type DeviceId, ProtocolError, type RoomId } from '@undertone/protocol';
import { arrayLiteral, type Sql } from '../database/sql.ts';
import { type Attachment, attachBlobs, FreeBlobs } from './attach-blobs.ts';
import { ErasableMessages, eraseMessages } from './erase-messages.ts';
import { findSent, sentKey } from './idempotency.ts';
import { countLinks, type LinkCount } from './link-counts.ts';
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

/** Reads what the flush needs of the rosters, however large they are. */
async function readRosters(tx: Sql, requests: readonly SendRequest[]): Promise<Map<RoomId, Roster>> {
  const rooms = arrayLiteral([...new Set(requests.map((request) => request.room))]);
  const devices = arrayLiteral([...new Set(requests.map((request) => request.device))]);
  const rows = await tx.$queryRaw<{ room: RoomId; device: DeviceId; pending: boolean }[]>`
    SELECT d.room_id AS room, d.device_id AS device, d.removal_pending AS pending
    FROM unnest(${devices}::uuid[]) AS t(id) JOIN roster_devices d ON d.device_id = t.id
    WHERE d.room_id = ANY(${rooms}::uuid[])
    UNION ALL
    SELECT p.room_id, p.device_id, true FROM roster_devices p WHERE p.removal_pending AND p.room_id = ANY(${rooms}::uuid[])`;
  const rosters = new Map<RoomId, Roster>();
  for (const { room, device, pending } of rows) {
    const roster = rosters.get(room) ?? { active: new Set(), removalPending: false };
    rosters.set(room, roster);
    if (pending) roster.removalPending = true;
    else roster.active.add(device);
  }
  return rosters;
}

/** What envelopes of a flush are decided by, read once for all of them. */
interface Grounds {
  readonly rooms: Map<RoomId, LockedRoom>;
  readonly rosters: Map<RoomId, Roster>;
  readonly links: Map<RoomId, LinkCount>;
  readonly erasable: ErasableMessages;
  readonly blobs: FreeBlobs;
}

async function isMember(tx: Sql, request: SendRequest): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`
    SELECT FROM memberships WHERE room_id = ${request.room}::uuid AND account_id = ${request.account}::uuid`;
  return rows.length > 0;
}

/** Why a message is refused for what it would do to others and to files (SPEC L7, F3), if it is. */
function sideEffectRefusal(request: SendRequest, { erasable, blobs }: Grounds): ProtocolError | undefined {
  return erasable.allow(request) ? blobs.refusal(request) : new ProtocolError('erase_refused');
}

/** Why the envelope is refused (SPEC L3, R6, H5, L7, F3), if it is. */
async function refusal(tx: Sql, request: SendRequest, grounds: Grounds): Promise<ProtocolError | undefined> {
  const room = grounds.rooms.get(request.room);
  const roster = grounds.rosters.get(request.room);
  if (room === undefined) return new ProtocolError('unknown_room');
  if (!roster?.active.has(request.device)) {
    return (await isMember(tx, request)) ? new ProtocolError('not_in_group') : outsiderError(room.kind);
  }
  if (request.generation !== room.generation || request.epoch !== room.epoch) return staleEpoch(room);
  if (request.kind === 'message') {
    return roster.removalPending ? new ProtocolError('removal_pending') : sideEffectRefusal(request, grounds);
  }
  if (request.erases || request.blobs) {
    return new ProtocolError('invalid_request', { reason: 'a link erases nothing and has no files' });
  }
  if (room.policy === 'sealed') return new ProtocolError('invalid_request', { reason: 'sealed rooms have no links' });
  return grounds.links.get(room.id)?.allows(request.device) ? undefined : new ProtocolError('link_limit');
}

/** What a flush came to, and what it has read of its rooms, to be remembered after the commit. */
export interface Appended {
  readonly outcomes: SendOutcome[];
  readonly read: { readonly room: LockedRoom; readonly active: ReadonlySet<DeviceId> }[];
}

/**
 * Decide all envelopes of a flush in order and put those that are accepted into the outbox. The rooms are locked first, so what
 * is read after that holds until the transaction ends.
 */
export async function appendSends(tx: Sql, requests: readonly SendRequest[], outbox: Outbox): Promise<Appended> {
  // One round trip: the statements run one after the other, and each sees what was committed before it began.
  const [rooms, sent, rosters, erasable, blobs] = await Promise.all([
    lockRooms(
      tx,
      requests.map((request) => request.room),
    ),
    findSent(tx, requests),
    readRosters(tx, requests),
    ErasableMessages.read(tx, requests),
    FreeBlobs.read(tx, requests),
  ]);
  const linked = new Set(requests.filter((request) => request.kind === 'link').map((request) => request.room));
  const grounds: Grounds = { rooms, rosters, links: await countLinks(tx, rooms, linked), erasable, blobs };
  const erasing: SendRequest[] = [];
  const attachments: Attachment[] = [];

  const outcomes: SendOutcome[] = [];
  for (const request of requests) {
    const earlier = sent.get(sentKey(request));
    if (earlier !== undefined) {
      outcomes.push(earlier.room === request.room ? earlier : new ProtocolError('duplicate_id'));
      continue;
    }
    const room = rooms.get(request.room);
    const refused = await refusal(tx, request, grounds);
    if (refused !== undefined || room === undefined) {
      outcomes.push(refused ?? new ProtocolError('unknown_room'));
      continue;
    }
    const { kind, generation, epoch, id, account, device, body, blobs: named = [] } = request;
    if (kind === 'link') grounds.links.get(room.id)?.add(device);
    const ack: Ack = { room: room.id, id, seq: nextSeq(room), at: Date.now() };
    outbox.entry(room.id, { kind, seq: ack.seq, at: ack.at, generation, epoch, id, account, device, body });
    if (request.erases) erasing.push(request);
    for (const blob of new Set(named)) attachments.push({ blob, room: room.id, seq: ack.seq });
    blobs.take(named);
    sent.set(sentKey(request), ack);
    outcomes.push(ack);
  }
  if (erasing.length > 0) {
    await eraseMessages(tx, erasing);
    outbox.event({ kind: 'blobs_given_up' });
  }
  if (attachments.length > 0) {
    await outbox.append(tx);
    await attachBlobs(tx, attachments);
  }
  const settled = [...rooms.values()].filter(({ id }) => !rosters.get(id)?.removalPending);
  const read = settled.map((room) => ({ room, active: rosters.get(room.id)?.active ?? new Set<DeviceId>() }));
  return { outcomes, read };
}
