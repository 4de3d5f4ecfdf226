import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { AccountId, DeviceId, RoomId } from '@undertone/protocol';

/** A statement on the server's database. */
export type RunSql = (text: string, values: unknown[]) => Promise<unknown>;

/** Someone signed in with a registered device. */
export interface Person {
  readonly account: AccountId;
  readonly device: DeviceId;
  readonly cookie: string;
}

/** The group's generation and epoch in every room that `addRoom` makes. */
export const groupAt = { generation: 1, epoch: 1 } as const;

const token = (): string => randomBytes(32).toString('base64url');

/**
 * Accounts with a device and a session each, as signing up and registering leave them. Written to the tables, since thousands of argon2
 * hashes are not what is measured.
 */
export async function addPeople(sql: RunSql, count: number): Promise<Person[]> {
  const people = Array.from({ length: count }, () => ({
    account: randomUUID() as AccountId,
    device: randomUUID() as DeviceId,
    token: token(),
  }));
  const accounts = people.map(({ account }) => account);
  const devices = people.map(({ device }) => device);
  await sql(
    `INSERT INTO accounts (id, username, username_key, written_key, password_hash)
     SELECT id, 'bench-' || id, 'bench-' || id, 'bench-' || id, '' FROM unnest($1::uuid[]) AS t(id)`,
    [accounts],
  );
  await sql(
    `INSERT INTO devices (id, account_id, root, signature_key)
     SELECT id, account, 0, decode(md5(id::text) || md5(account::text), 'hex')
     FROM unnest($1::uuid[], $2::uuid[]) AS t(id, account)`,
    [devices, accounts],
  );
  await sql(
    `INSERT INTO sessions (id, account_id, device_id, token_hash, label)
     SELECT id, account, device, decode(hash, 'hex'), 'bench'
     FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[]) AS t(id, account, device, hash)`,
    [
      people.map(() => randomUUID()),
      accounts,
      devices,
      people.map((person) => createHash('sha256').update(person.token).digest('hex')),
    ],
  );
  return people.map(({ account, device, token: value }) => ({
    account,
    device,
    cookie: `undertone_session=${value}`,
  }));
}

/** A public room whose group has all of these people's devices. */
export async function addRoom(sql: RunSql, members: readonly Person[]): Promise<RoomId> {
  const room = randomUUID() as RoomId;
  await sql(
    `INSERT INTO rooms (id, kind, policy, slug, name, generation, epoch)
     VALUES ($1, 'public', 'shared', $2, $2, $3, $4)`,
    [room, `bench-${room}`, groupAt.generation, groupAt.epoch],
  );
  const accounts = members.map(({ account }) => account);
  await sql(
    `INSERT INTO memberships (room_id, account_id, joined_seq)
     SELECT $1, account, 0 FROM unnest($2::uuid[]) AS t(account)`,
    [room, accounts],
  );
  await sql(
    `INSERT INTO roster_devices (room_id, device_id, account_id)
     SELECT $1, device, account FROM unnest($2::uuid[], $3::uuid[]) AS t(device, account)`,
    [room, members.map(({ device }) => device), accounts],
  );
  return room;
}
