/** `pnpm migration <name>`: write the SQL that leads from the migrations to `schema.prisma` as a new migration. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { migrationList, migrationsFolder, readMigrations, schemaFile } from './migration-files.ts';
import { PGliteAdapterFactory } from './pglite-adapter.ts';
import { openSchemaEngine } from './schema-engine.ts';

const name = process.argv[2];
if (name === undefined || !/^[a-z][a-z0-9_]*$/.test(name)) {
  process.stderr.write('Give the migration a name in snake_case: pnpm migration add_something\n');
  process.exit(64);
}

const schema = { path: schemaFile(), content: await readFile(schemaFile(), 'utf8') };
const migrations = await readMigrations();
const database = await PGlite.create();
const engine = await openSchemaEngine(new PGliteAdapterFactory(database), schema);
const { stdout } = await engine.diff({
  from: migrations.length === 0 ? { tag: 'empty' } : { tag: 'migrations', ...(await migrationList(migrations)) },
  to: { tag: 'schemaDatamodel', files: [schema] },
  script: true,
  exitCode: null,
  filters: { externalTables: [], externalEnums: [] },
});
await database.close();

if (!stdout || stdout.startsWith('-- This is an empty migration')) {
  process.stdout.write('The migrations already lead to schema.prisma.\n');
} else {
  const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  const folder = join(migrationsFolder(), `${stamp}_${name}`);
  await mkdir(folder);
  await writeFile(join(folder, 'migration.sql'), stdout.endsWith('\n') ? stdout : `${stdout}\n`);
  process.stdout.write(`${folder}/migration.sql\n`);
}
