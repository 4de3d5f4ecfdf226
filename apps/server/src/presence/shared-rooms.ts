import type { AccountId } from '@undertone/protocol';
import { Batched } from '../database/batched.ts';
import type { Database } from '../database/database.ts';
import { arrayLiteral } from '../database/sql.ts';

interface Question {
  readonly asker: AccountId;
  readonly accounts: readonly AccountId[];
}

/** Who shares a room or thread with whom: those may see each other's presence (SPEC P4). */
export class SharedRooms {
  readonly #database: Database;
  readonly #strangers: Batched<Question, ReadonlySet<AccountId>>;

  constructor(database: Database) {
    this.#database = database;
    this.#strangers = new Batched(
      (questions) => this.#readStrangers(questions),
      ({ accounts }) => accounts.length,
    );
  }

  /** Those of `accounts` that share a room with `asker`, in their order; an account shares all of its rooms with itself. */
  async among(asker: AccountId, accounts: readonly AccountId[]): Promise<AccountId[]> {
    if (accounts.length === 0) return [];
    const strangers = await this.#strangers.ask({ asker, accounts });
    return accounts.filter((account) => !strangers.has(account));
  }

  /**
   * What is read are the strangers, who are few. The scalar subquery is not turned into a join of all memberships with all: it goes
   * through the asker's rooms by two indexes, and stops at the first that is shared.
   */
  async #readStrangers(questions: readonly Question[]): Promise<ReadonlySet<AccountId>[]> {
    const pairs = questions.flatMap(({ asker, accounts }, i) => accounts.map((account) => ({ i, asker, account })));
    const rows = await this.#database.prisma.$queryRaw<{ i: number; strangers: AccountId[] }[]>`
      SELECT p.i, array_agg(p.account) AS strangers
      FROM unnest(
        ${arrayLiteral(pairs.map(({ i }) => i))}::int[],
        ${arrayLiteral(pairs.map(({ asker }) => asker))}::uuid[],
        ${arrayLiteral(pairs.map(({ account }) => account))}::uuid[]
      ) AS p(i, asker, account)
      WHERE p.asker <> p.account AND (
        SELECT true FROM memberships mine
        JOIN memberships theirs ON theirs.room_id = mine.room_id AND theirs.account_id = p.account
        WHERE mine.account_id = p.asker LIMIT 1
      ) IS NULL
      GROUP BY p.i`;
    const strangers = new Map(rows.map((row) => [row.i, new Set(row.strangers)]));
    return questions.map((_, i) => strangers.get(i) ?? new Set());
  }
}
