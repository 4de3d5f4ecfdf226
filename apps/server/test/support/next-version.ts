import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../../..');

/** The server as it is, with one migration more: what an upgrade starts. */
export interface NextVersion {
  /** Its entry point. */
  readonly main: string;
  remove(): Promise<void>;
}

export async function nextVersion(migration: string, sql: string): Promise<NextVersion> {
  const folder = await mkdtemp(join(tmpdir(), 'undertone-next-'));
  const server = join(folder, 'apps', 'server');
  await mkdir(server, { recursive: true });
  await cp(join(root, 'apps/server/dist'), join(server, 'dist'), { recursive: true });
  await symlink(join(root, 'apps/server/node_modules'), join(server, 'node_modules'));
  await symlink(join(root, 'apps/web'), join(folder, 'apps', 'web'));
  await cp(join(root, 'prisma'), join(folder, 'prisma'), { recursive: true });
  const added = join(folder, 'prisma', 'migrations', migration);
  await mkdir(added);
  await writeFile(join(added, 'migration.sql'), sql);
  return { main: join(server, 'dist', 'main.js'), remove: () => rm(folder, { recursive: true, force: true }) };
}
