import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { limits } from '@undertone/protocol';
import { pino } from 'pino';
import { type App, type AppOptions, buildApp, type Tuning } from '../app.ts';
import { defaultBusTimes } from '../bus/redis-bus.ts';
import { type DatabaseLocation, openDatabase } from '../database/database.ts';
import type { Services } from '../http/services.ts';
import { listen } from '../listen.ts';
import { defaultSharedPresenceTimes } from '../presence/shared-presence.ts';
import type { Settings } from '../settings.ts';
import { openMemory } from './database-image.ts';

const many = { max: 1_000_000, windowMs: 1_000 };
const plenty = { burst: 1_000_000, perSecond: 1_000_000 };

/** Cheap hashes, no rates, presence told at once. */
const testTuning: Tuning = {
  hashCost: { memoryKiB: 1024, passes: 2 },
  httpRates: { any: many, signUp: many, logIn: many, lookUp: many, transfer: many },
  claimRates: { perClaimer: plenty, perPair: plenty },
  presence: { collectMs: 5, graceMs: 20 },
  bus: defaultBusTimes,
  sharedPresence: defaultSharedPresenceTimes,
  blobs: { maxAgeMs: 86_400_000, collectEveryMs: 3_600_000, soonMs: 5, sweepEveryMs: 3_600_000, strayAgeMs: 0 },
  retention: { firstAfterMs: 3_600_000, everyMs: 3_600_000 },
};

export interface TestServerOptions {
  readonly settings?: Partial<Settings>;
  readonly tuning?: Partial<Tuning>;
  /** In memory where it is not given. */
  readonly database?: DatabaseLocation;
  readonly blobStore?: AppOptions['blobStore'];
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
  const folder = await mkdtemp(join(tmpdir(), 'undertone-blobs-'));
  const settings: Settings = {
    host: '127.0.0.1',
    port: 0,
    dataDir: 'dataDir' in location ? location.dataDir : '',
    databaseUrl: 'url' in location ? location.url : undefined,
    redisUrl: undefined,
    publicOrigin: undefined,
    blobs: { kind: 'folder', folder },
    blobMaxBytes: 4 * 1024 ** 3,
    blobQuotaBytes: 20 * 1024 ** 3,
    retentionDays: 0,
    metrics: undefined,
    registration: 'open',
    sendsPerSecond: limits.sendPerSecond,
    logLevel: 'silent',
    ...options.settings,
  };
  const database = await openDatabase(location);
  const { TEST_LOG_LEVEL = 'error' } = process.env;
  const logger = pino({ level: options.logLevel ?? TEST_LOG_LEVEL });
  const app = await buildApp({
    settings,
    database,
    logger,
    tuning: { ...testTuning, ...options.tuning },
    ...(options.blobStore === undefined ? {} : { blobStore: options.blobStore }),
  });
  const origin = await listen(app, settings);
  const close = async (): Promise<void> => {
    await app.close();
    await database.close();
    await rm(folder, { recursive: true, force: true });
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
