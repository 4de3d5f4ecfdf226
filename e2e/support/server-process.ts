/**
 * A whole server in a process of its own, as `apps/server/src/main.ts` but with cheap password hashes and without rates: tests sign
 * up dozens of people from one address. Only code can choose that; no setting of the product reaches it.
 */
import { buildApp } from '../../apps/server/src/app.ts';
import { openDatabase } from '../../apps/server/src/database/database.ts';
import { listen } from '../../apps/server/src/listen.ts';
import { createLogger } from '../../apps/server/src/logger.ts';
import { readSettings } from '../../apps/server/src/settings.ts';

const many = { max: 1_000_000, windowMs: 1_000 };
const plenty = { burst: 1_000_000, perSecond: 1_000_000 };

// Messages of another day need a server that stands in it.
const offsetMs = Number(process.env.E2E_CLOCK_OFFSET_MS ?? 0);
const { now } = Date;
Date.now = () => now() + offsetMs;

const settings = readSettings(process.env, []);
const database = await openDatabase({ dataDir: settings.dataDir });
const app = await buildApp({
  settings,
  database,
  logger: createLogger(settings.logLevel),
  tuning: {
    hashCost: { memoryKiB: 1024, passes: 2 },
    httpRates: { any: many, signUp: many, logIn: many, lookUp: many, transfer: many },
    claimRates: { perClaimer: plenty, perPair: plenty },
    presence: { collectMs: 20, graceMs: 500 },
    retention: { firstAfterMs: 0, everyMs: 3_600_000 },
  },
});
process.once('SIGTERM', () => {
  void app
    .close()
    .then(() => database.close())
    .then(() => process.exit(0));
});
const origin = await listen(app, settings);
if (settings.registration === 'invite') {
  const { code } = await app.services.invites.create(null);
  process.stdout.write(`${origin}/signup?invite=${code}\n`);
}
process.stdout.write(`${origin}\n`);
