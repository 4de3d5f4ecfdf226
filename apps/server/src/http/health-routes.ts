import type { FastifyPluginAsync } from 'fastify';

/** What the server cannot serve without, by its name. Each resolves, or rejects with the reason. */
export type ReadyChecks = Readonly<Record<string, () => Promise<unknown>>>;

/** A probe wants an answer: what has not said that it is well by then is not. */
const checkMaxMs = 2_000;

async function inTime(check: () => Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${checkMaxMs} ms`)), checkMaxMs);
  });
  try {
    await Promise.race([check(), late]);
  } finally {
    clearTimeout(timer);
  }
}

export interface HealthOptions {
  readonly checks: ReadyChecks;
  /** What joins this process with others, where it has any. While it is away the process serves all the same, more slowly. */
  readonly redis: { readonly up: boolean } | undefined;
  readonly isClosing: () => boolean;
}

/** `/healthz`: the process answers. `/readyz`: it can serve; else 503 with the names of what fails, for a proxy to leave it out. */
export const healthRoutes: FastifyPluginAsync<HealthOptions> = async (app, { checks, redis, isClosing }) => {
  app.get('/healthz', { schema: { hide: true } }, async (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ status: 'ok' }),
  );
  app.get('/readyz', { schema: { hide: true } }, async (request, reply) => {
    void reply.header('cache-control', 'no-store');
    if (isClosing()) return reply.code(503).send({ status: 'closing' });
    const failing = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => {
        try {
          await inTime(check);
          return [];
        } catch (error) {
          request.log.error({ err: error, check: name }, 'not ready');
          return [name];
        }
      }),
    );
    if (failing.flat().length === 0) {
      if (redis === undefined) return { status: 'ready' };
      return redis.up ? { status: 'ready', redis: 'up' } : { status: 'degraded', redis: 'away' };
    }
    return reply.code(503).send({ status: 'not ready', failing: failing.flat() });
  });
};
