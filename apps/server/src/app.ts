import { join } from 'node:path';
import swagger from '@fastify/swagger';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { AccountRepository } from './accounts/account-repository.ts';
import { AvatarRepository } from './accounts/avatar-repository.ts';
import { InviteRepository } from './accounts/invite-repository.ts';
import { LogInDelay } from './accounts/log-in-delay.ts';
import { defaultHashCost, type HashCost, PasswordHasher } from './accounts/password-hasher.ts';
import { SessionRepository } from './accounts/session-repository.ts';
import type { Database } from './database/database.ts';
import { projectRoot } from './database/project-files.ts';
import { ClaimLimits, type ClaimRates, defaultClaimRates } from './devices/claim-limits.ts';
import { DeviceRepository } from './devices/device-repository.ts';
import { KeyPackageRepository } from './devices/key-package-repository.ts';
import { failures } from './http/failures.ts';
import { healthRoutes } from './http/health-routes.ts';
import { origins } from './http/origins.ts';
import { defaultHttpRates, type HttpRates, rateLimits } from './http/rate-limits.ts';
import { requestLog } from './http/request-log.ts';
import { accountRoutes } from './http/routes/account-routes.ts';
import { deviceRoutes } from './http/routes/device-routes.ts';
import { logInRoutes } from './http/routes/log-in-routes.ts';
import { publicRoutes } from './http/routes/public-routes.ts';
import { roomRoutes } from './http/routes/room-routes.ts';
import { sessionRoutes } from './http/routes/session-routes.ts';
import { securityHeaders } from './http/security-headers.ts';
import type { Services } from './http/services.ts';
import { sessionCookies, sessionOf } from './http/sessions.ts';
import { socketRoute } from './http/socket-route.ts';
import { webApp } from './http/web-app.ts';
import type { PresenceTimes } from './relay/presence.ts';
import { Relay } from './relay/relay.ts';
import { ensureLobby } from './rooms/lobby.ts';
import type { Settings } from './settings.ts';
import { version } from './version.ts';

/** Requests are small; those that carry more say so at their route. */
const bodyMaxBytes = 128 * 1024;
/** What clients are told to wait before they come back. */
const retryAfterMs = 1_000;
const pruneEveryMs = 6 * 3_600_000;

/** What only code can choose; no setting reaches it. */
export interface Tuning {
  readonly hashCost: HashCost;
  readonly httpRates: HttpRates;
  readonly claimRates: ClaimRates;
  readonly presence: PresenceTimes;
}

export const defaultTuning: Tuning = {
  hashCost: defaultHashCost,
  httpRates: defaultHttpRates,
  claimRates: defaultClaimRates,
  presence: { collectMs: 300, graceMs: 5_000 },
};

export interface AppOptions {
  readonly settings: Settings;
  readonly database: Database;
  readonly logger: FastifyBaseLogger;
  readonly tuning?: Partial<Tuning>;
}

export interface App {
  readonly http: FastifyInstance;
  readonly services: Services;
  /** Stop accepting, finish what was begun, send everybody away (1012), close. The database stays open. */
  close(): Promise<void>;
}

function createServices({ settings, database, logger }: AppOptions, tuning: Tuning): Services {
  return {
    settings,
    database,
    accounts: new AccountRepository(database),
    avatars: new AvatarRepository(database),
    invites: new InviteRepository(database),
    sessions: new SessionRepository(database),
    hasher: new PasswordHasher(tuning.hashCost),
    logInDelay: new LogInDelay(),
    devices: new DeviceRepository(database),
    keyPackages: new KeyPackageRepository(database),
    claimLimits: new ClaimLimits(tuning.claimRates),
    relay: new Relay({
      database,
      presence: tuning.presence,
      onError: (error) => logger.error({ err: error }, 'relay failed'),
    }),
    rates: tuning.httpRates,
  };
}

/** Everything but listening. Public and signed-in routes are sibling scopes, so no route is signed-in by accident or not at all. */
export async function buildApp(options: AppOptions): Promise<App> {
  const { settings, database, logger } = options;
  const tuning: Tuning = { ...defaultTuning, ...options.tuning };
  const services = createServices(options, tuning);
  const { publicOrigin } = settings;
  const secure = publicOrigin?.startsWith('https:') ?? false;
  let closing = false;
  const isClosing = (): boolean => closing;

  const http: FastifyInstance = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyMaxBytes,
    // Behind https there is a proxy: its word for the client's address counts if it is on this machine or its own network.
    trustProxy: secure ? ['loopback', 'linklocal', 'uniquelocal'] : false,
  });
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
  await http.register(healthRoutes, { database, isClosing });
  await http.register(
    async (api) => {
      await api.register(rateLimits, { any: tuning.httpRates.any });
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
        await signedIn.register(sessionRoutes, { services });
        await signedIn.register(deviceRoutes, { services });
        await signedIn.register(roomRoutes, { services });
      });
    },
    { prefix: '/api' },
  );
  await http.register(webApp, { folder: join(projectRoot(), 'apps', 'web', 'dist') });
  await http.ready();

  await ensureLobby(database);
  await services.hasher.warmUp();
  const prune = (): void => {
    services.sessions.prune().catch((error: unknown) => logger.error({ err: error }, 'pruning sessions failed'));
  };
  prune();
  const pruning = setInterval(prune, pruneEveryMs).unref();

  const close = async (): Promise<void> => {
    if (closing) return;
    closing = true;
    clearInterval(pruning);
    await services.relay.writer.idle();
    services.relay.hub.closeAll(retryAfterMs);
    await http.close();
    services.relay.hub.stop();
  };
  return { http, services, close };
}
