/** `pnpm test:crash [--on pglite|postgresql|several|unsafe] [--kills 50] [--seed 1]`: see README.md. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { holds } from './check/check.ts';
import { Postgres } from './processes/postgres.ts';
import { Redis } from './processes/redis.ts';
import type { Service } from './processes/service.ts';
import { report } from './report.ts';
import { Run } from './run.ts';

interface Variant {
  readonly processes?: number;
  services(): Promise<Service[]>;
}

const variants: Record<string, Variant> = {
  pglite: { services: async () => [] },
  postgresql: { services: async () => [await Postgres.create()] },
  several: { processes: 3, services: async () => [await Postgres.create(), await Redis.create()] },
  // Acknowledges what is not durable: a run that must fail.
  unsafe: { services: async () => [await Postgres.create(['synchronous_commit=off', 'wal_writer_delay=10s'])] },
};

const { values } = parseArgs({
  args: process.argv.slice(2).filter((arg) => arg !== '--'),
  options: { on: { type: 'string' }, kills: { type: 'string', default: '50' }, seed: { type: 'string' } },
});
const names = (values.on ?? 'pglite,postgresql,several').split(',');
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));
const kills = Number(values.kills);
if (!Number.isInteger(seed) || !Number.isInteger(kills) || kills < 1)
  throw new RangeError('--kills and --seed are whole numbers');

// What is killed is what ships: the bundle, made anew where its sources have changed.
execFileSync(process.execPath, [join(import.meta.dirname, '../scripts/build-server.mjs')], { stdio: 'inherit' });
let ok = true;
for (const name of names) {
  const variant = variants[name];
  if (variant === undefined) throw new RangeError(`there is no ${name}; there are ${Object.keys(variants).join(', ')}`);
  console.log(`${name}, seed ${seed}`);
  const size = { senders: 5, readers: 3, sessions: 3 };
  const result = await new Run({
    seed,
    kills,
    size,
    processes: variant.processes ?? 1,
    services: await variant.services(),
    say: (line) => console.log(line),
  }).execute();
  console.log(report(name, seed, result));
  ok &&= holds(result.verdict);
}
process.exit(ok ? 0 : 1);
