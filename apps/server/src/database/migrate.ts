import type { SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import type { PrismaClient } from '../generated/prisma/client.ts';
import { type MigrationFile, migrationList, readMigrations } from './migration-files.ts';
import { openSchemaEngine } from './schema-engine.ts';

/** Checksums of the migrations that this database has, by name. Empty where it has none. */
async function appliedMigrations(prisma: PrismaClient): Promise<Map<string, string>> {
  const [table] = await prisma.$queryRaw<{ exists: boolean }[]>`
    SELECT to_regclass('_prisma_migrations') IS NOT NULL AS exists`;
  if (!table?.exists) return new Map();
  const rows = await prisma.$queryRaw<{ name: string; checksum: string }[]>`
    SELECT migration_name AS name, checksum FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL`;
  return new Map(rows.map((row) => [row.name, row.checksum]));
}

let ours: Promise<MigrationFile[]> | undefined;

/** The names of this version's migrations that the database does not have. The files are read once per process. */
export async function pendingMigrations(prisma: PrismaClient): Promise<string[]> {
  ours ??= readMigrations();
  const [migrations, applied] = await Promise.all([ours, appliedMigrations(prisma)]);
  return migrations.filter(({ name, checksum }) => applied.get(name) !== checksum).map(({ name }) => name);
}

/**
 * Bring the database to this version's schema, keeping `_prisma_migrations` as the Prisma CLI would. The engine is loaded only
 * when something is to be done. Several processes starting on one PostgreSQL take turns (advisory lock); PGlite has one process.
 * Returns the names of what was applied.
 */
export async function migrate(
  prisma: PrismaClient,
  factory: SqlMigrationAwareDriverAdapterFactory,
  shared: boolean,
): Promise<string[]> {
  const isCurrent = async (): Promise<boolean> => (await pendingMigrations(prisma)).length === 0;
  const apply = async (): Promise<string[]> => {
    if (await isCurrent()) return [];
    const engine = await openSchemaEngine(factory);
    try {
      const result = await engine.applyMigrations({
        migrationsList: await migrationList(await readMigrations()),
        filters: { externalTables: [], externalEnums: [] },
      });
      return result.appliedMigrationNames;
    } finally {
      engine.free();
    }
  };

  if (await isCurrent()) return [];
  if (!shared) return apply();
  return prisma.$transaction(
    async (lock) => {
      await lock.$executeRaw`SELECT pg_advisory_xact_lock(7253041)`;
      return apply();
    },
    { maxWait: 60_000, timeout: 120_000 },
  );
}
