import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeImage } from '../apps/server/src/testing/database-image.ts';
import { holds } from './check/check.ts';
import { Postgres, postgresPrograms } from './processes/postgres.ts';
import { report } from './report.ts';
import { Run, type RunOptions, type RunResult } from './run.ts';

/** The short form of `pnpm test:crash`. A seed that failed is in the report: give it to the long form. */
const seed = Math.floor(Math.random() * 2 ** 32);
const size = { senders: 3, readers: 2, sessions: 2 };

async function run(options: Pick<RunOptions, 'services' | 'seedDataDir' | 'kills'>): Promise<[string, RunResult]> {
  const result = await new Run({ seed, size, ...options }).execute();
  return [report('short form', seed, result), result];
}

it('L2 killed under load, on the embedded database: nothing acknowledged is lost or doubled, order is kept', async () => {
  const seedDataDir = (dataDir: string): Promise<void> => writeImage(join(dataDir, 'database'));
  const [text, { verdict }] = await run({ services: [], seedDataDir, kills: 3 });
  expect(holds(verdict), text).toBe(true);
}, 120_000);

it.skipIf(postgresPrograms() === undefined)(
  'L2 killed under load, and PostgreSQL with it: the same',
  async () => {
    const [text, { verdict }] = await run({ services: [await Postgres.create()], kills: 3 });
    expect(holds(verdict), text).toBe(true);
  },
  120_000,
);
