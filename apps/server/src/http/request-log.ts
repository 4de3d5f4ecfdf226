import fastifyPlugin from 'fastify-plugin';

/** One line per answered request: the route's pattern instead of the address that was asked for, and nothing of who asked. */
export const requestLog = fastifyPlugin(
  async (app) => {
    app.addHook('onResponse', async (request, reply) => {
      const route = request.routeOptions.url ?? 'none';
      const facts = { method: request.method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime) };
      request.log.debug(facts, 'answered');
    });
  },
  { name: 'request-log' },
);
