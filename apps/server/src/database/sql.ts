import type { PGlite } from '@electric-sql/pglite';
import pg from 'pg';

/** What a statement may be given. Arrays are passed as literals: see `arrayLiteral`. */
type Value = string | number | boolean | null;

/** Plain SQL inside a transaction. A Prisma transaction is one; so is the shorter way to the database that sends take. */
export interface Sql {
  $queryRaw<T>(text: TemplateStringsArray, ...values: Value[]): Promise<T>;
  $executeRaw(text: TemplateStringsArray, ...values: Value[]): Promise<number>;
}

/** Runs a transaction of plain SQL, READ COMMITTED. Statements run in the order in which they are begun. */
export interface SqlTransactions {
  run<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** Each statement is a transaction in itself. */
  readonly single: Sql;
  close(): Promise<void>;
}

/** A statement that is put together of parts, with its parameters; Prisma's `sql` makes them. */
interface Composed {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Statements that change nothing, each by itself. There are few texts: each is prepared once. */
export interface Reads {
  query<T>(statement: Composed): Promise<T>;
  close(): Promise<void>;
}

/** A PostgreSQL array of ids, numbers or base64: of elements that need no quotes. Several times faster to write than a general one. */
export function arrayLiteral(elements: readonly (string | number | null)[]): string {
  return `{${elements.map((element) => element ?? 'NULL').join(',')}}`;
}

interface Statement {
  readonly name: string;
  readonly text: string;
}

const statements = new WeakMap<TemplateStringsArray, Statement>();
let named = 0;
const readNames = new Map<string, string>();

/** Under which name the database prepares a reading statement. */
function readName(text: string): string {
  const name = readNames.get(text) ?? `read_${readNames.size + 1}`;
  readNames.set(text, name);
  return name;
}

/** The statement of a place in the source, under a name by which the database prepares it once. */
function statementOf(parts: TemplateStringsArray): Statement {
  const known = statements.get(parts);
  if (known) return known;
  named += 1;
  const statement = { name: `send_${named}`, text: parts.reduce((text, part, i) => `${text}$${i}${part}`) };
  statements.set(parts, statement);
  return statement;
}

/** A connection that breaks fails the statements on it; the next one opens another. */
function poolOf(config: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool(config);
  pool.on('connect', (client) => client.on('error', () => {}));
  pool.on('error', () => {});
  return pool;
}

/** Connections of their own: what is read waits neither for what is written nor for Prisma. */
export function postgresReads(config: pg.PoolConfig): Reads {
  const pool = poolOf(config);
  return {
    query: async <T>({ text, values }: Composed) =>
      (await pool.query({ name: readName(text), text, values: [...values] })).rows as T,
    close: () => pool.end(),
  };
}

export function pgliteReads(pglite: PGlite): Reads {
  return {
    query: async <T>({ text, values }: Composed) => (await pglite.query(text, [...values])).rows as T,
    close: async () => {},
  };
}

/** One connection, kept, on which statements do not wait for the answers of those before them. */
export function postgresTransactions(config: pg.ClientConfig): SqlTransactions {
  const pool = poolOf({ ...config, max: 1, pipeline: true });
  const sqlOn = (client: pg.Pool | pg.PoolClient): Sql => ({
    $queryRaw: async <T>(parts: TemplateStringsArray, ...values: Value[]) =>
      (await client.query({ ...statementOf(parts), values })).rows as T,
    $executeRaw: async (parts, ...values) => (await client.query({ ...statementOf(parts), values })).rowCount ?? 0,
  });
  return {
    single: sqlOn(pool),
    run: async (work) => {
      const client = await pool.connect();
      let failure: Error | undefined;
      try {
        const begun = client.query('BEGIN');
        // Its failure is that of every statement after it.
        begun.catch(() => {});
        const value = await work(sqlOn(client));
        await client.query('COMMIT');
        return value;
      } catch (error) {
        await client.query('ROLLBACK').catch((cause: Error) => {
          failure = cause;
        });
        throw error;
      } finally {
        client.release(failure);
      }
    },
    close: () => pool.end(),
  };
}

/** The embedded database has one connection, which Prisma's transactions take turns on with these. */
export function pgliteTransactions(pglite: PGlite): SqlTransactions {
  const sqlOn = (on: Pick<PGlite, 'query'>): Sql => ({
    $queryRaw: async <T>(parts: TemplateStringsArray, ...values: Value[]) =>
      (await on.query(statementOf(parts).text, values)).rows as T,
    $executeRaw: async (parts, ...values) => (await on.query(statementOf(parts).text, values)).affectedRows ?? 0,
  });
  return {
    single: sqlOn(pglite),
    run: (work) => pglite.transaction((tx) => work(sqlOn(tx))),
    close: async () => {},
  };
}
