/**
 * On a CI machine: PostgreSQL, Redis, iproute2, Caddy and nginx for the tests that need them, from Debian's packages, and a PostgreSQL that
 * listens. Where one is not root or there is no apt nothing happens, and those tests are skipped, visibly.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** @param {string} program @param {...string} args */
const run = (program, ...args) => spawnSync(program, args, { stdio: 'inherit' }).status === 0;
/** @param {string} program @param {...string} args */
const works = (program, ...args) => spawnSync(program, args, { stdio: 'ignore' }).status === 0;

const database = process.env.TEST_DATABASE_URL ?? 'postgresql://postgres@127.0.0.1:5432/postgres';
const reachable = () => works('psql', '-w', '-c', 'SELECT 1', database);

if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
  const missing = [
    ...(works('psql', '--version') && existsSync('/usr/lib/postgresql') ? [] : ['postgresql']),
    ...(works('redis-server', '--version') ? [] : ['redis-server']),
    ...(works('ip', '-V') ? [] : ['iproute2']),
    ...(works('caddy', 'version') ? [] : ['caddy']),
    ...(works('nginx', '-v') ? [] : ['nginx-light']),
    ...(works('openssl', 'version') ? [] : ['openssl']),
  ];
  if (missing.length > 0) {
    run('apt-get', 'update');
    run('apt-get', 'install', '-y', '--no-install-recommends', ...missing);
  }
  if (!reachable()) run('service', 'postgresql', 'start');
  if (!reachable()) {
    // Debian lets nobody in by the network without a password; tests come as its superuser, from this machine.
    const rule = 'host all postgres 127.0.0.1/32 trust';
    run('sh', '-c', `for file in /etc/postgresql/*/main/pg_hba.conf; do sed -i '1i ${rule}' "$file"; done`);
    run('service', 'postgresql', 'reload');
  }
  console.log(`PostgreSQL ${reachable() ? 'is there' : 'cannot be reached'}: ${database.replace(/:[^:@/]*@/, ':…@')}`);
}
