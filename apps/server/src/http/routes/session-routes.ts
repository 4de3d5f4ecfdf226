import {
  BindDeviceRequest,
  deviceProofBytes,
  fromBase64url,
  Me,
  ProtocolError,
  SessionId,
  SessionList,
} from '@undertone/protocol';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { verifyEd25519 } from '../../devices/ed25519.ts';
import { describeMe } from '../me.ts';
import type { Services } from '../services.ts';
import { sessionOf } from '../sessions.ts';

/** Where one is signed in. */
export const sessionRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (app, { services }) => {
  const { devices, relay, sessions } = services;

  app.get('/sessions', { schema: { response: { 200: SessionList } } }, async (request) => {
    const { account, id } = sessionOf(request);
    return { sessions: await sessions.list(account, id) };
  });

  app.delete('/sessions/current', async (request, reply) => {
    const { account, id } = sessionOf(request);
    await sessions.end(account, id);
    relay.bus.publish({ kind: 'sessions_ended', sessions: [id] });
    app.clearSessionCookie(reply);
    return reply.code(204).send();
  });

  app.delete('/sessions/:id', { schema: { params: z.object({ id: SessionId }) } }, async (request, reply) => {
    const { id } = request.params;
    if (!(await sessions.end(sessionOf(request).account, id))) throw new ProtocolError('not_found');
    relay.bus.publish({ kind: 'sessions_ended', sessions: [id] });
    return reply.code(204).send();
  });

  /** SPEC I7: the device signs the session's id. */
  app.put(
    '/sessions/current/device',
    { schema: { body: BindDeviceRequest, response: { 200: Me } } },
    async (request) => {
      const session = sessionOf(request);
      const { device, proof } = request.body;
      const found = await devices.find(session.account, device);
      if (found === undefined) throw new ProtocolError('unknown_device');
      if (!found.active) throw new ProtocolError('device_replaced');
      const message = deviceProofBytes(session.id, device);
      if (!verifyEd25519(found.signatureKey, message, fromBase64url(proof))) throw new ProtocolError('invalid_proof');
      await sessions.bind(session.id, device);
      return describeMe(services, { ...session, device });
    },
  );
};
