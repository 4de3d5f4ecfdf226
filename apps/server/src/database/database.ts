import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { PrismaPg } from '@prisma/adapter-pg';
import type { SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import { Prisma, PrismaClient } from '../generated/prisma/client.ts';
import { serverLimits } from '../server-limits.ts';
import { StartupError } from '../startup-error.ts';
import { lockDataDir } from './data-dir-lock.ts';
import { migrate, pendingMigrations } from './migrate.ts';
import { PGliteAdapterFactory } from './pglite-adapter.ts';
import {
  pgliteReads,
  pgliteTransactions,
  postgresReads,
  postgresTransactions,
  type Reads,
  type Sql,
  type SqlTransactions,
} from './sql.ts';

/** Within a transaction. Repositories take one where they are part of a larger change. */
export type Tx = Prisma.TransactionClient;

export interface Database {
  readonly prisma: PrismaClient;
  readonly kind: 'pglite' | 'postgresql';
  /** Migrations applied while opening. */
  readonly applied: readonly string[];
  /** Migrations of this version that the database does not have, as after an older backup was put back under a running server. */
  pendingMigrations(): Promise<string[]>;
  /**
   * All or nothing, READ COMMITTED. `run` may be called again where another transaction came in the way. PGlite has one connection:
   * inside, use `tx` only, or it waits for itself.
   */
  transaction<T>(run: (tx: Tx) => Promise<T>): Promise<T>;
  /** The same for plain SQL, one at a time and without Prisma's cost: for what every message needs. */
  sqlTransaction<T>(run: (sql: Sql) => Promise<T>): Promise<T>;
  /** On the same connection; each statement is a transaction in itself. */
  readonly sql: Sql;
  /** Reading without Prisma's cost: for the pages of logs. */
  readonly reads: Reads;
  close(): Promise<void>;
}

/** Where the data is: a PostgreSQL server, a folder for the embedded one, or (for tests) memory. */
export type DatabaseLocation = { url: string } | { dataDir: string } | { memory: PGlite };

/** Whether PostgreSQL chose this transaction to give way (deadlock, serialization failure): trying again is right. */
function gaveWay(error: unknown): boolean {
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) {
    return error instanceof Error && 'code' in error && /^(40P01|40001)$/.test(String(error.code));
  }
  return error.code === 'P2034' || /\b(40P01|40001)\b/.test(`${error.message} ${JSON.stringify(error.meta)}`);
}

async function untilDone<T>(run: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await run();
    } catch (error) {
      if (tries === serverLimits.transactionTries || !gaveWay(error)) throw error;
    }
  }
}

async function finish(
  kind: Database['kind'],
  factory: SqlMigrationAwareDriverAdapterFactory,
  plain: SqlTransactions,
  reads: Reads,
  release: () => Promise<void>,
): Promise<Database> {
  const prisma = new PrismaClient({ adapter: factory });
  const close = async (): Promise<void> => {
    await plain.close();
    await reads.close();
    await prisma.$disconnect();
    await release();
  };
  try {
    const applied = await migrate(prisma, factory, kind === 'postgresql');
    return {
      prisma,
      kind,
      applied,
      transaction: (run) => untilDone(() => prisma.$transaction(run, { maxWait: 30_000, timeout: 30_000 })),
      sqlTransaction: (run) => untilDone(() => plain.run(run)),
      sql: plain.single,
      reads,
      pendingMigrations: () => pendingMigrations(prisma),
      close,
    };
  } catch (error) {
    await close().catch(() => {});
    throw error;
  }
}

async function openPostgres(url: string): Promise<Database> {
  const config = { connectionString: url, connectionTimeoutMillis: 5_000, options: '-c timezone=UTC' };
  const factory = new PrismaPg({ ...config, max: serverLimits.databaseConnections });
  try {
    const reads = postgresReads({ ...config, max: serverLimits.readConnections });
    return await finish('postgresql', factory, postgresTransactions(config), reads, async () => {});
  } catch (cause) {
    const { hostname, port, pathname } = new URL(url);
    const target = `${hostname}:${port || '5432'}${pathname}`;
    const reason = cause instanceof Error ? (cause.message.trim().split('\n').at(-1) ?? '') : String(cause);
    throw new StartupError(`The database at ${target} cannot be used: ${reason}`, 1, { cause });
  }
}

async function usePGlite(pglite: PGlite, release: () => Promise<void>): Promise<Database> {
  await pglite.exec(`SET TIME ZONE 'UTC'`);
  return finish('pglite', new PGliteAdapterFactory(pglite), pgliteTransactions(pglite), pgliteReads(pglite), release);
}

async function openEmbedded(dataDir: string): Promise<Database> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const unlock = lockDataDir(dataDir);
  try {
    const pglite = await PGlite.create(join(dataDir, 'database'));
    return await usePGlite(pglite, async () => {
      await pglite.close();
      unlock();
    });
  } catch (cause) {
    unlock();
    if (cause instanceof StartupError) throw cause;
    throw new StartupError(`The database in ${dataDir} cannot be opened: ${String(cause)}`, 1, { cause });
  }
}

/** Open the database and bring its schema up to date. Rejects with `StartupError` where that cannot be done. */
export async function openDatabase(location: DatabaseLocation): Promise<Database> {
  if ('url' in location) return openPostgres(location.url);
  if ('dataDir' in location) return openEmbedded(location.dataDir);
  return usePGlite(location.memory, () => location.memory.close());
}
