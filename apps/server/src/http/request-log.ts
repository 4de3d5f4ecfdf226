import fastifyPlugin from 'fastify-plugin';
import { answered } from '../metrics/instruments.ts';

/** One line and one count per answered request: the route's pattern instead of the address that was asked for, and nothing of who asked. */
export const requestLog = fastifyPlugin(
  async (app) => {
    // What someone who asks for help can quote; it leads to the lines of the log.
    app.addHook('onRequest', async (request, reply) => {
      void reply.header('x-request-id', request.id);
    });
    app.addHook('onResponse', async (request, reply) => {
      const route = request.routeOptions.url ?? 'none';
      const facts = { method: request.method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime) };
      answered(facts.method, route, facts.status, reply.elapsedTime);
      request.log.debug(facts, 'answered');
    });
  },
  { name: 'request-log' },
);
