import type { ServerResponse } from 'node:http';
import websocket from '@fastify/websocket';
import { errorTable, limits } from '@undertone/protocol';
import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import type { RawData, WebSocket } from 'ws';
import { refused } from '../metrics/instruments.ts';
import { Connection, closeSoon } from '../relay/connection.ts';
import { Conversation } from '../relay/conversation.ts';
import { keepAlive } from '../relay/heartbeat.ts';
import { requireOwnOrigin } from './origins.ts';
import type { Services } from './services.ts';

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}

/** A socket that may not speak is opened and closed with the reason: a browser cannot read the status of a refused upgrade. */
function turnAway(
  socket: WebSocket,
  code: 'not_signed_in' | 'device_required' | 'device_replaced' | 'unavailable',
): void {
  refused(code, 'close');
  closeSoon(socket, errorTable[code].closeCode, code);
}

/**
 * `GET /api/socket` (SPEC T2). Origin and session are checked before the upgrade, so that the handler attaches its listeners
 * synchronously and no message is missed.
 */
export const socketRoute: FastifyPluginAsync<{ services: Services; isClosing: () => boolean }> = async (
  app,
  { services: { relay }, isClosing },
) => {
  await app.register(websocket, {
    options: { maxPayload: limits.frameMaxBytes, perMessageDeflate: false },
    // Sockets are closed by the relay, after its last flush.
    preClose: (done) => done(),
  });

  /** What Fastify would have answered a request with that became a socket: it would be kept, with the request, as long as the socket. */
  const responses = new WeakMap<FastifyRequest, ServerResponse>();

  app.get(
    '/socket',
    {
      websocket: true,
      schema: { hide: true },
      onRequest: async (request, reply) => {
        responses.set(request, reply.raw);
        requireOwnOrigin(app, request);
        await app.readSession(request);
      },
    },
    (socket, request) => {
      responses.get(request)?.detachSocket(request.raw.socket);
      // In place of the plugin's, which holds on to the request. What a peer does wrong is no failure of the server: ws has closed its
      // socket with the right code by now.
      const { log } = request;
      socket.removeAllListeners('error');
      socket.on('error', (error) => {
        log.debug({ err: error }, 'socket failed');
        socket.close(1011);
      });
      const session = request.activeSession;
      if (isClosing()) return turnAway(socket, 'unavailable');
      if (session === null) return turnAway(socket, 'not_signed_in');
      if (session.device === null) return turnAway(socket, session.replaced ? 'device_replaced' : 'device_required');

      const { account, device, id } = session;
      const connection = new Connection(socket, { account, device }, id);
      const conversation = new Conversation({
        relay,
        socket,
        connection,
        isClosing,
        onError: (error, frame) => log.error({ err: error, frame }, 'frame failed'),
      });
      const stopKeepAlive = keepAlive(socket);
      relay.hub.add(connection);
      socket.on('message', (data, isBinary) => conversation.receive(bytesOf(data), isBinary));
      socket.on('close', () => {
        stopKeepAlive();
        conversation.end();
        relay.hub.remove(connection);
      });
    },
  );
};
