import type { AddressInfo } from 'node:net';
import { ProtocolError } from '@undertone/protocol';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';

declare module 'fastify' {
  interface FastifyInstance {
    /** The origins that this server is reached at. Known once it listens. */
    ownOrigins(): readonly string[];
  }
}

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Fails with `wrong_origin` unless the request comes from a page of this server (SPEC A5). */
export function requireOwnOrigin(app: FastifyInstance, request: FastifyRequest): void {
  const { origin } = request.headers;
  if (origin === undefined || !app.ownOrigins().includes(origin)) throw new ProtocolError('wrong_origin');
}

/**
 * SPEC A5: refuse state-changing requests of other origins. Browsers send `Origin` with each of them; other clients have to say it
 * as well. Without a public origin the server's own address on localhost counts, by name and by number.
 */
export const origins = fastifyPlugin<{ publicOrigin: string | undefined }>(
  async (app, { publicOrigin }) => {
    app.decorate('ownOrigins', (): readonly string[] => {
      if (publicOrigin !== undefined) return [publicOrigin];
      const address = app.server.address() as AddressInfo | null;
      if (address === null) return [];
      return ['localhost', '127.0.0.1', '[::1]'].map((host) => `http://${host}:${address.port}`);
    });
    app.addHook('onRequest', async (request) => {
      if (!safeMethods.has(request.method)) requireOwnOrigin(app, request);
    });
  },
  { name: 'origins' },
);
