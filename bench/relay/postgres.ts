import { spawnSync } from 'node:child_process';
import { chown, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { freePort } from '../../apps/server/src/testing/free-port.ts';
import { endProcess, spawnPinned } from './cpu.ts';

/** A PostgreSQL cluster that nobody else uses: what its processes cost is what the measured server costs in the database. */
export interface Postgres {
  readonly pid: number;
  readonly port: number;
  /** PostgreSQL's version and every setting that is not its default. */
  readonly settings: string;
  /** The address of a new, empty database. */
  createDatabase(name: string): Promise<string>;
  stop(): Promise<void>;
}

const configuration = `
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
synchronous_commit = on
fsync = on
full_page_writes = on
shared_buffers = 512MB
max_wal_size = 4GB
max_connections = 200
log_min_messages = fatal
`;

async function binaries(): Promise<string> {
  const home = '/usr/lib/postgresql';
  const versions = await readdir(home).catch(() => []);
  const newest = versions.map(Number).sort((a, b) => b - a)[0];
  if (newest === undefined) throw new Error('There is no PostgreSQL server here: apt-get install postgresql');
  return path.join(home, String(newest), 'bin');
}

/** PostgreSQL refuses to run as root: then it is the user that Debian's package made. */
function databaseUser(): number | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const { status, stdout } = spawnSync('id', ['-u', 'postgres'], { encoding: 'utf8' });
  if (status !== 0) throw new Error('PostgreSQL does not run as root, and there is no user named postgres');
  return Number(stdout);
}

async function ready(url: string): Promise<pg.Client> {
  for (let tries = 0; ; tries += 1) {
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      return client;
    } catch (cause) {
      if (tries === 100) throw new Error('the bench’s PostgreSQL does not come up', { cause });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

export async function startPostgres(): Promise<Postgres> {
  const bin = await binaries();
  const folder = await mkdtemp(path.join(tmpdir(), 'undertone-postgres-'));
  const uid = databaseUser();
  if (uid !== undefined) await chown(folder, uid, uid);
  const data = path.join(folder, 'data');
  const owner = uid === undefined ? {} : { uid, gid: uid };
  const made = spawnSync(path.join(bin, 'initdb'), ['-D', data, '-U', 'bench', '--auth=trust', '-E', 'UTF8'], {
    encoding: 'utf8',
    cwd: folder,
    ...owner,
  });
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);
  await writeFile(path.join(data, 'bench.conf'), configuration);
  await writeFile(path.join(data, 'postgresql.conf'), `include 'bench.conf'\n`);
  const port = await freePort();
  const child = spawnPinned(path.join(bin, 'postgres'), ['-D', data, '-p', String(port)], {
    cwd: folder,
    ...(uid === undefined ? {} : { uid }),
  });
  const base = `postgresql://bench:bench@127.0.0.1:${port}`;
  const admin = await ready(`${base}/postgres`);
  const { rows } = await admin.query<{ version: string }>('SELECT version() AS version');
  return {
    pid: child.pid ?? 0,
    port,
    settings: `${rows[0]?.version.split(' on ')[0]};${configuration.trim().replaceAll('\n', ', ')}`,
    createDatabase: async (name) => {
      await admin.query(`CREATE DATABASE ${name}`);
      return `${base}/${name}`;
    },
    stop: async () => {
      await admin.end();
      await endProcess(child, 'SIGINT');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
