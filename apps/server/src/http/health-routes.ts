import type { FastifyPluginAsync } from 'fastify';
import type { Database } from '../database/database.ts';

/** `/healthz`: the process answers. `/readyz`: it can serve (database reachable, not on its way out). */
export const healthRoutes: FastifyPluginAsync<{ database: Database; isClosing: () => boolean }> = async (
  app,
  { database, isClosing },
) => {
  app.get('/healthz', { schema: { hide: true } }, async (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ status: 'ok' }),
  );
  app.get('/readyz', { schema: { hide: true } }, async (request, reply) => {
    void reply.header('cache-control', 'no-store');
    if (isClosing()) return reply.code(503).send({ status: 'closing' });
    try {
      await database.prisma.$queryRaw`SELECT 1`;
      return { status: 'ready' };
    } catch (error) {
      request.log.error({ err: error }, 'database not reachable');
      return reply.code(503).send({ status: 'database not reachable' });
    }
  });
};
