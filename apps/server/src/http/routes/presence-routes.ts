import { AccountBatch, ActivePeople, LastSeenList, RoomId } from '@undertone/protocol';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { limited } from '../rate-limits.ts';
import type { Services } from '../services.ts';
import { sessionOf } from '../sessions.ts';

const querystring = z.object({ after: z.string().max(64).optional() });

/** Who is there, and who was, where it is asked for (SPEC P4, P5). Changes go over the socket, to those who watch. */
export const presenceRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (app, { services }) => {
  const { rates, relay } = services;

  app.post('/last-seen', { schema: { body: AccountBatch, response: { 200: LastSeenList } } }, async (request) => ({
    lastSeen: await relay.lastSeen.of(sessionOf(request).account, request.body.accounts),
  }));

  app.get(
    '/active',
    { config: limited(rates.lookUp), schema: { querystring, response: { 200: ActivePeople } } },
    (request) => relay.active.onServer(sessionOf(request).account, request.query.after),
  );

  app.get(
    '/rooms/:id/active',
    {
      config: limited(rates.lookUp),
      schema: { params: z.object({ id: RoomId }), querystring, response: { 200: ActivePeople } },
    },
    (request) => relay.active.inRoom(sessionOf(request).account, request.params.id, request.query.after),
  );
};
