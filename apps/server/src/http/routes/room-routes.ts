import { randomUUID } from 'node:crypto';
import { CreateRoomRequest, RoomDirectory, RoomId, RoomListing, RoomMembers } from '@undertone/protocol';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { joinRoom } from '../../relay/membership.ts';
import type { Services } from '../services.ts';
import { sessionOf } from '../sessions.ts';

const params = z.object({ id: RoomId });

/** The directory of public rooms, and who is in a room. What is said in them goes over the socket. */
export const roomRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (app, { services }) => {
  const { relay } = services;

  app.get('/rooms', { schema: { response: { 200: RoomDirectory } } }, async (request) => ({
    rooms: await relay.rooms.directory(sessionOf(request).account),
  }));

  app.post(
    '/rooms',
    { schema: { body: CreateRoomRequest, response: { 201: RoomListing } } },
    async (request, reply) => {
      const { account } = sessionOf(request);
      const { name, topic } = request.body;
      const id = randomUUID() as RoomId;
      const slug = await relay.change(async (tx, outbox) => {
        const address = await relay.rooms.create(tx, { id, name, topic, createdBy: account });
        await joinRoom(tx, outbox, id, account);
        return address;
      });
      return reply.code(201).send({ id, slug, name, topic, policy: 'shared' as const, memberCount: 1, joined: true });
    },
  );

  app.post('/rooms/:id/membership', { schema: { params } }, async (request, reply) => {
    await relay.join(request.params.id, sessionOf(request).account);
    return reply.code(204).send();
  });

  app.delete('/rooms/:id/membership', { schema: { params } }, async (request, reply) => {
    await relay.leave(request.params.id, sessionOf(request).account);
    return reply.code(204).send();
  });

  app.get('/rooms/:id/members', { schema: { params, response: { 200: RoomMembers } } }, async (request) => ({
    members: await relay.rooms.members(sessionOf(request).account, request.params.id),
  }));
};
