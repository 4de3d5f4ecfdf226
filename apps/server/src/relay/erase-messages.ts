import type { AccountId, RoomId, Seq } from '@undertone/protocol';
import { arrayLiteral, type Sql } from '../database/sql.ts';

/** A message as one that may erase it names it. */
interface Named {
  readonly room: RoomId;
  readonly account: AccountId;
  readonly seq: Seq;
}

interface Erasing {
  readonly room: RoomId;
  readonly account: AccountId;
  readonly erases?: readonly Seq[] | undefined;
}

const named = ({ room, account, erases = [] }: Erasing): Named[] => erases.map((seq) => ({ room, account, seq }));
const keyOf = ({ room, account, seq }: Named): string => `${room}/${account}/${seq}`;

/** Which of the messages that are to be erased may be: those of the same account in the same room (SPEC L7). */
export class ErasableMessages {
  readonly #keys: ReadonlySet<string>;

  private constructor(keys: ReadonlySet<string>) {
    this.#keys = keys;
  }

  /** The rooms are locked. Asks the database only if something is to be erased. */
  static async read(tx: Sql, requests: readonly Erasing[]): Promise<ErasableMessages> {
    const wanted = requests.flatMap(named);
    if (wanted.length === 0) return new ErasableMessages(new Set());
    const rows = await tx.$queryRaw<Named[]>`
      SELECT e.room_id AS room, e.account_id AS account, e.seq::float8 AS seq
      FROM unnest(
        ${arrayLiteral(wanted.map(({ room }) => room))}::uuid[],
        ${arrayLiteral(wanted.map(({ account }) => account))}::uuid[],
        ${arrayLiteral(wanted.map(({ seq }) => seq))}::bigint[]
      ) AS t(room, account, seq)
      JOIN entries e ON e.room_id = t.room AND e.seq = t.seq AND e.account_id = t.account AND e.kind = 'message'`;
    return new ErasableMessages(new Set(rows.map(keyOf)));
  }

  /** Whether everything that the request would erase may be erased. */
  allow(request: Erasing): boolean {
    return named(request).every((message) => this.#keys.has(keyOf(message)));
  }
}

/** Empty the bodies of these messages, keeping their digests (SPEC E2), and give up the files that belong to them (SPEC L7, F3). */
export async function eraseMessages(tx: Sql, requests: readonly Erasing[]): Promise<void> {
  const messages = requests.flatMap(named);
  const rooms = arrayLiteral(messages.map(({ room }) => room));
  const seqs = arrayLiteral(messages.map(({ seq }) => seq));
  await tx.$executeRaw`
    UPDATE entries SET body = ''::bytea, digest = sha256(body)
    FROM unnest(${rooms}::uuid[], ${seqs}::bigint[]) AS t(room, seq)
    WHERE entries.room_id = t.room AND entries.seq = t.seq AND octet_length(body) > 0`;
  await tx.$executeRaw`
    UPDATE blobs SET room_id = NULL, seq = NULL FROM unnest(${rooms}::uuid[], ${seqs}::bigint[]) AS t(room, at)
    WHERE blobs.room_id = t.room AND blobs.seq = t.at`;
}
