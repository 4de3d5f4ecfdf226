import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MigrationList } from '@prisma/schema-engine-wasm';
import { projectRoot } from './project-files.ts';

export interface MigrationFile {
  readonly name: string;
  readonly sql: string;
  /** As `_prisma_migrations.checksum` has it: SHA-256 of the script in hexadecimal. */
  readonly checksum: string;
}

export const migrationsFolder = (): string => join(projectRoot(), 'prisma', 'migrations');
export const schemaFile = (): string => join(projectRoot(), 'prisma', 'schema.prisma');

/** The migrations of this version, oldest first. */
export async function readMigrations(): Promise<MigrationFile[]> {
  const folder = migrationsFolder();
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(join(folder, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/** The same in the form that the schema engine takes. */
export async function migrationList(migrations: readonly MigrationFile[]): Promise<MigrationList> {
  const lock = join(migrationsFolder(), 'migration_lock.toml');
  return {
    baseDir: migrationsFolder(),
    lockfile: { path: 'migration_lock.toml', content: await readFile(lock, 'utf8') },
    shadowDbInitScript: '',
    migrationDirectories: migrations.map(({ name, sql }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: sql } },
    })),
  };
}
