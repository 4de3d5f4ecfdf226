import type {
  AccountId,
  DeviceId,
  EntryId,
  Epoch,
  FoundEntry,
  Generation,
  LogEntry,
  NoticeEntry,
  RoomId,
  Seq,
} from '@undertone/protocol';
import { arrayLiteral, type Sql } from '../database/sql.ts';

/** An entry with the room in whose log it stands. */
export interface Logged {
  readonly room: RoomId;
  readonly entry: LogEntry;
}

/** Bytes as they travel to the database and back: both drivers take and give that several times faster than bytea. */
export const base64 = (data: Uint8Array): string =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');

/** An array of ids inside an array. */
const quotedIds = (ids: readonly string[]): string => `"${arrayLiteral(ids)}"`;

/**
 * Append to the logs of rooms whose rows the transaction has locked (SPEC L1), and move their heads, in one statement however
 * many there are.
 */
export async function appendEntries(tx: Sql, logged: readonly Logged[]): Promise<void> {
  if (logged.length === 0) return;
  const heads = new Map<RoomId, { head: number; changed: number }>();
  for (const { room, entry } of logged) {
    const place = heads.get(room) ?? { head: 0, changed: 0 };
    heads.set(room, place);
    place.head = Math.max(place.head, entry.seq);
    if (entry.kind !== 'message' && entry.kind !== 'link') place.changed = Math.max(place.changed, entry.seq);
  }
  const places = [...heads.values()];
  const entries = logged.map(({ entry }) => entry);
  await tx.$executeRaw`
    WITH added AS (
      INSERT INTO entries
        (room_id, seq, kind, generation, epoch, account_id, device_id, entry_id, at, body, event, devices)
      SELECT room, seq, kind::entry_kind, generation, epoch, account, device, id, to_timestamp(at_ms / 1000),
        decode(body, 'base64'), event::notice_event, devices::uuid[]
      FROM unnest(
        ${arrayLiteral(logged.map(({ room }) => room))}::uuid[],
        ${arrayLiteral(entries.map((entry) => entry.seq))}::bigint[],
        ${arrayLiteral(entries.map((entry) => entry.kind))}::text[],
        ${arrayLiteral(entries.map((entry) => entry.generation))}::bigint[],
        ${arrayLiteral(entries.map((entry) => entry.epoch))}::bigint[],
        ${arrayLiteral(entries.map((entry) => entry.account))}::uuid[],
        ${arrayLiteral(entries.map((entry) => (entry.kind === 'notice' ? null : entry.device)))}::uuid[],
        ${arrayLiteral(entries.map((entry) => (entry.kind === 'notice' ? null : entry.id)))}::uuid[],
        ${arrayLiteral(entries.map((entry) => entry.at))}::float8[],
        ${arrayLiteral(entries.map((entry) => ('body' in entry ? base64(entry.body) : null)))}::text[],
        ${arrayLiteral(entries.map((entry) => (entry.kind === 'notice' ? entry.event : null)))}::text[],
        ${arrayLiteral(entries.map((entry) => quotedIds(entry.kind === 'notice' ? entry.devices : [])))}::text[]
      ) AS t(room, seq, kind, generation, epoch, account, device, id, at_ms, body, event, devices)
    )
    UPDATE rooms SET head = h.head, changed_seq = greatest(changed_seq, h.changed)
    FROM unnest(
      ${arrayLiteral([...heads.keys()])}::uuid[],
      ${arrayLiteral(places.map(({ head }) => head))}::bigint[],
      ${arrayLiteral(places.map(({ changed }) => changed))}::bigint[]
    ) AS h(id, head, changed)
    WHERE rooms.id = h.id`;
}

/** A row of `entries` joined with the epoch that it began, as `LogRepository` reads it. */
export interface EntryRow {
  readonly seq: number;
  readonly kind: LogEntry['kind'];
  readonly generation: number;
  readonly epoch: number;
  readonly account: AccountId;
  readonly device: DeviceId | null;
  readonly id: EntryId | null;
  readonly at: number;
  readonly body: string | null;
  /** Of a message that was emptied. */
  readonly digest: string | null;
  readonly event: NoticeEntry['event'] | null;
  readonly devices: DeviceId[];
  readonly external: boolean | null;
  readonly added: DeviceId[] | null;
  readonly removed: DeviceId[] | null;
  readonly authenticator: string | null;
  readonly lastEpoch: number | null;
  readonly lastAuthenticator: string | null;
  readonly groupInfoHash: string | null;
  readonly signature: string | null;
}

const bytes = (text: string | null): Uint8Array<ArrayBuffer> => Buffer.from(text ?? '', 'base64');

/** What the founder signed; undefined for foundings of wire version 1. */
function foundingFromRow(row: EntryRow): FoundEntry['founding'] {
  if (row.signature === null) return undefined;
  const epoch = row.lastEpoch as Epoch | null;
  const last = epoch === null ? null : { epoch, authenticator: bytes(row.lastAuthenticator) };
  return { last, groupInfoHash: bytes(row.groupInfoHash), signature: bytes(row.signature) };
}

/** The wire form of a row. The table's constraints say which columns a kind has. */
export function entryFromRow(row: EntryRow): LogEntry {
  const [seq, generation, epoch] = [row.seq as Seq, row.generation as Generation, row.epoch as Epoch];
  const { at, account } = row;
  if (row.kind === 'notice') {
    return { kind: row.kind, seq, at, generation, epoch, account, event: row.event ?? 'joined', devices: row.devices };
  }
  const [device, id] = [row.device as DeviceId, row.id as EntryId];
  // Written out, since pages are full of them: spreads took a quarter of all that a page costs here.
  if (row.kind === 'message' || row.kind === 'link') {
    const body = bytes(row.body);
    if (row.kind === 'link' || row.digest === null)
      return { kind: row.kind, seq, at, generation, epoch, account, device, id, body };
    return { kind: row.kind, seq, at, generation, epoch, account, device, id, body, digest: bytes(row.digest) };
  }
  const began = { seq, at, generation, epoch, account, device, id, authenticator: bytes(row.authenticator) };
  if (row.kind === 'found') {
    const founding = foundingFromRow(row);
    return founding === undefined ? { kind: row.kind, ...began } : { kind: row.kind, ...began, founding };
  }
  const { external, added, removed } = row;
  return {
    kind: row.kind,
    ...began,
    body: bytes(row.body),
    external: external ?? false,
    added: added ?? [],
    removed: removed ?? [],
  };
}
