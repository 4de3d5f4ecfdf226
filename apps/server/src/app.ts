import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import swagger from '@fastify/swagger';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { AccountRepository } from './accounts/account-repository.ts';
import { AvatarRepository } from './accounts/avatar-repository.ts';
import { InviteRepository } from './accounts/invite-repository.ts';
import { defaultHashCost, type HashCost, PasswordHasher } from './accounts/password-hasher.ts';
import { SessionRepository } from './accounts/session-repository.ts';
import { Blobs, type BlobsOptions, type BlobTimes, defaultBlobTimes } from './blobs/blobs.ts';
import { joinProcesses, type Processes } from './bus/processes.ts';
import { type BusTimes, defaultBusTimes } from './bus/redis-bus.ts';
import type { Database } from './database/database.ts';
import { Leases } from './database/leases.ts';
import { projectRoot } from './database/project-files.ts';
import { DeviceRepository } from './devices/device-repository.ts';
import { KeyPackageRepository } from './devices/key-package-repository.ts';
import { failures } from './http/failures.ts';
import { healthRoutes, type ReadyChecks } from './http/health-routes.ts';
import { OpenConnections } from './http/open-connections.ts';
import { origins } from './http/origins.ts';
import { type HttpRates, rateLimits } from './http/rate-limits.ts';
import { requestLog } from './http/request-log.ts';
import { accountRoutes } from './http/routes/account-routes.ts';
import { blobRoutes } from './http/routes/blob-routes.ts';
import { deviceRoutes } from './http/routes/device-routes.ts';
import { logInRoutes } from './http/routes/log-in-routes.ts';
import { presenceRoutes } from './http/routes/presence-routes.ts';
import { publicRoutes } from './http/routes/public-routes.ts';
import { roomRoutes } from './http/routes/room-routes.ts';
import { sessionRoutes } from './http/routes/session-routes.ts';
import { securityHeaders } from './http/security-headers.ts';
import type { Services } from './http/services.ts';
import { sessionCookies, sessionOf } from './http/sessions.ts';
import { socketRoute } from './http/socket-route.ts';
import { webApp } from './http/web-app.ts';
import { ClaimLimits, type ClaimRates } from './limits/claim-limits.ts';
import { LogInDelay } from './limits/log-in-delay.ts';
import { hubs } from './metrics/instruments.ts';
import type { PresenceTimes } from './presence/presence.ts';
import { defaultSharedPresenceTimes, type SharedPresenceTimes } from './presence/shared-presence.ts';
import { LogRepository } from './relay/log-repository.ts';
import { Relay } from './relay/relay.ts';
import { OldMessages } from './retention/old-messages.ts';
import { defaultRetentionTimes, Retention, type RetentionTimes } from './retention/retention.ts';
import { ensureLobby } from './rooms/lobby.ts';
import { serverLimits } from './server-limits.ts';
import type { Settings } from './settings.ts';
import { version } from './version.ts';

/** What clients are told to wait before they come back. */
const retryAfterMs = 1_000;
const pruneEveryMs = 6 * 3_600_000;

/** What only code can choose; no setting reaches it. */
export interface Tuning {
  readonly hashCost: HashCost;
  readonly httpRates: HttpRates;
  readonly claimRates: ClaimRates;
  readonly presence: PresenceTimes;
  readonly bus: BusTimes;
  readonly sharedPresence: SharedPresenceTimes;
  readonly blobs: BlobTimes;
  readonly retention: RetentionTimes;
}

export const defaultTuning: Tuning = {
  hashCost: defaultHashCost,
  httpRates: serverLimits.httpRates,
  claimRates: serverLimits.claimRates,
  presence: { collectMs: 300, graceMs: 5_000 },
  bus: defaultBusTimes,
  sharedPresence: defaultSharedPresenceTimes,
  blobs: defaultBlobTimes,
  retention: defaultRetentionTimes,
};

export interface AppOptions {
  readonly settings: Settings;
  readonly database: Database;
  readonly logger: FastifyBaseLogger;
  readonly tuning?: Partial<Tuning>;
  /** Instead of the store of files that the settings name. */
  readonly blobStore?: BlobsOptions['store'];
}

export interface App {
  readonly http: FastifyInstance;
  readonly services: Services;
  /** Stop accepting, finish what was begun, send everyone away (1012), close. The database stays open. */
  close(): Promise<void>;
}

async function createServices(
  { settings, database, logger, blobStore }: AppOptions,
  tuning: Tuning,
  { bus, presence: presenceStore, scripts }: Processes,
  log: LogRepository,
): Promise<Services> {
  const sessions = new SessionRepository(database);
  const blobs = await Blobs.open({
    settings,
    database,
    times: tuning.blobs,
    onError: (error) => logger.error({ err: error }, 'collecting files failed'),
    ...(blobStore === undefined ? {} : { store: blobStore }),
  });
  return {
    settings,
    database,
    accounts: new AccountRepository(database),
    avatars: new AvatarRepository(database),
    invites: new InviteRepository(database),
    sessions,
    hasher: new PasswordHasher(tuning.hashCost),
    logInDelay: new LogInDelay(scripts),
    devices: new DeviceRepository(database),
    keyPackages: new KeyPackageRepository(database),
    claimLimits: new ClaimLimits(tuning.claimRates, scripts),
    relay: new Relay({
      database,
      bus,
      log,
      sessions,
      presence: tuning.presence,
      presenceStore,
      sendsPerSecond: settings.sendsPerSecond,
      onError: (error) => logger.error({ err: error }, 'relay failed'),
    }),
    blobs,
    retention: new Retention({
      days: settings.retentionDays,
      messages: new OldMessages(database),
      leases: new Leases(database),
      times: tuning.retention,
      onFilesGivenUp: () => bus.publish({ kind: 'blobs_given_up' }),
      onError: (error) => logger.error({ err: error }, 'emptying old messages failed'),
    }),
    rates: tuning.httpRates,
  };
}

/** What `/readyz` asks. */
const readyChecks = ({ prisma, pendingMigrations }: Database): ReadyChecks => ({
  database: () => prisma.$queryRaw`SELECT 1`,
  migrations: async () => {
    const pending = await pendingMigrations();
    if (pending.length > 0) throw new Error(`the database lacks ${pending.join(', ')}`);
  },
});

/** Everything but listening. Public and signed-in routes are sibling scopes, so no route is signed-in by accident or not at all. */
export async function buildApp(options: AppOptions): Promise<App> {
  const { settings, database, logger } = options;
  const tuning: Tuning = { ...defaultTuning, ...options.tuning };
  const log = new LogRepository(database);
  // The lobby's id names the deployment: its database alone has it.
  const processes = joinProcesses({ settings, namespace: await ensureLobby(database), log, times: tuning, logger });
  const services = await createServices(options, tuning, processes, log);
  const { publicOrigin } = settings;
  const secure = publicOrigin?.startsWith('https:') ?? false;
  let closing = false;
  const isClosing = (): boolean => closing;

  const http: FastifyInstance = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: serverLimits.bodyMaxBytes,
    // Different in every process: lines of several servers come together in one place.
    genReqId: () => randomUUID(),
    // Behind https there is a proxy: its word for the client's address counts if it is on this machine or its own network.
    trustProxy: secure ? ['loopback', 'linklocal', 'uniquelocal'] : false,
  });
  const connections = new OpenConnections(http.server);
  http.setValidatorCompiler(validatorCompiler);
  http.setSerializerCompiler(serializerCompiler);

  await http.register(failures);
  await http.register(requestLog);
  await http.register(origins, { publicOrigin });
  await http.register(securityHeaders, { publicOrigin });
  await http.register(sessionCookies, { sessions: services.sessions, secure });
  await http.register(swagger, {
    openapi: { info: { title: 'Undertone', version }, servers: [{ url: publicOrigin ?? '/' }] },
    transform: jsonSchemaTransform,
  });
  await http.register(healthRoutes, {
    checks: readyChecks(database),
    redis: processes.redis,
    isClosing,
  });
  await http.register(
    async (api) => {
      await api.register(rateLimits, { any: tuning.httpRates.any, scripts: processes.scripts });
      api.addHook('onSend', async (_request, reply) => {
        if (!reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-store');
      });
      api.get('/openapi.json', { schema: { hide: true } }, async () => http.swagger());
      await api.register(publicRoutes, { services });
      await api.register(logInRoutes, { services });
      await api.register(socketRoute, { services, isClosing });
      await api.register(async (signedIn) => {
        signedIn.addHook('onRequest', async (request) => {
          await signedIn.readSession(request);
          sessionOf(request);
        });
        await signedIn.register(accountRoutes, { services });
        await signedIn.register(presenceRoutes, { services });
        await signedIn.register(sessionRoutes, { services });
        await signedIn.register(deviceRoutes, { services });
        await signedIn.register(roomRoutes, { services });
        await signedIn.register(blobRoutes, { services });
      });
    },
    { prefix: '/api' },
  );
  await http.register(webApp, { folder: join(projectRoot(), 'apps', 'web', 'dist') });
  await http.ready();

  await processes.start();
  await services.hasher.warmUp();
  const pruned = (what: string, run: () => Promise<unknown>): Promise<unknown> =>
    run().catch((error: unknown) => logger.error({ err: error }, `pruning ${what} failed`));
  let underway: Promise<unknown> = Promise.resolve();
  const prune = (): void => {
    underway = Promise.all([
      pruned('sessions', () => services.sessions.prune()),
      pruned('key packages', () => services.keyPackages.prune()),
    ]);
  };
  prune();
  const pruning = setInterval(prune, pruneEveryMs).unref();

  const { collector } = services.blobs;
  const unsubscribe = services.relay.bus.subscribe((event) => {
    if (event.kind === 'blobs_given_up') collector.soon();
  });
  collector.start();
  services.retention.start();
  hubs.add(services.relay.hub);

  const close = async (): Promise<void> => {
    if (closing) return;
    closing = true;
    clearInterval(pruning);
    await underway;
    await services.relay.writer.idle();
    services.relay.hub.closeAll(retryAfterMs);
    const breakOff = setTimeout(() => http.server.closeAllConnections(), serverLimits.requestsEndMaxMs);
    const cutting = setTimeout(() => connections.cut(), serverLimits.connectionsEndMaxMs);
    await http.close();
    clearTimeout(breakOff);
    clearTimeout(cutting);
    hubs.delete(services.relay.hub);
    services.relay.hub.stop();
    await services.retention.stop();
    await processes.close();
    unsubscribe();
    await collector.stop();
    await services.relay.lastSeen.idle();
  };
  return { http, services, close };
}
