import { rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { type App, buildApp, type Tuning } from '../app.ts';
import { type DatabaseLocation, openDatabase } from '../database/database.ts';
import type { Services } from '../http/services.ts';
import { listen } from '../listen.ts';
import type { Settings } from '../settings.ts';
import { openMemory } from './database-image.ts';

const many = { max: 1_000_000, windowMs: 1_000 };
const plenty = { burst: 1_000_000, perSecond: 1_000_000 };

/** Cheap hashes, no rates, presence told at once. */
const testTuning: Tuning = {
  hashCost: { memoryKiB: 1024, passes: 2 },
  httpRates: { any: many, signUp: many, logIn: many, lookUp: many },
  claimRates: { perClaimer: plenty, perPair: plenty },
  presence: { collectMs: 5, graceMs: 20 },
};

export interface TestServerOptions {
  readonly settings?: Partial<Settings>;
  readonly tuning?: Partial<Tuning>;
  /** In memory where it is not given. */
  readonly database?: DatabaseLocation;
  readonly logLevel?: string;
}

export interface TestServer {
  /** `http://localhost:<port>`: also what requests say as their `Origin`. */
  readonly origin: string;
  readonly port: number;
  readonly app: App;
  readonly services: Services;
  /** Shut down as on SIGTERM, then delete what was in a folder of its own. */
  close(): Promise<void>;
}

/** A whole server in this process, on a free port of the loopback. For tests only. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const location = options.database ?? { memory: await openMemory() };
  const settings: Settings = {
    host: '127.0.0.1',
    port: 0,
    dataDir: 'dataDir' in location ? location.dataDir : '',
    databaseUrl: undefined,
    publicOrigin: undefined,
    registration: 'open',
    logLevel: 'silent',
    ...options.settings,
  };
  const database = await openDatabase(location);
  const { TEST_LOG_LEVEL = 'error' } = process.env;
  const logger = pino({ level: options.logLevel ?? TEST_LOG_LEVEL });
  const app = await buildApp({ settings, database, logger, tuning: { ...testTuning, ...options.tuning } });
  const origin = await listen(app, settings);
  const close = async (): Promise<void> => {
    await app.close();
    await database.close();
    if ('dataDir' in location) await rm(location.dataDir, { recursive: true, force: true });
  };
  const { port } = app.http.server.address() as AddressInfo;
  return {
    origin,
    port,
    app,
    services: app.services,
    close,
  };
}
