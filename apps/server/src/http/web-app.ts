import { existsSync } from 'node:fs';
import { extname, join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { ProtocolError } from '@undertone/protocol';
import fastifyPlugin from 'fastify-plugin';
import { sendFailure } from './failures.ts';

/**
 * The built web app, if there is one: hashed files for ever, everything else only after asking again; paths without a file are the
 * app's own routes and get its page. Unknown paths of the API are `not_found` in JSON (SPEC T1).
 */
export const webApp = fastifyPlugin<{ folder: string }>(
  async (app, { folder }) => {
    const page = existsSync(join(folder, 'index.html'));
    if (page) {
      await app.register(fastifyStatic, {
        root: folder,
        index: ['index.html'],
        preCompressed: true,
        cacheControl: false,
        setHeaders: (reply, path) => {
          const hashed = path.startsWith(join(folder, 'assets'));
          void reply.header('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
        },
      });
    } else app.log.warn('The web app is not built; serving the API only. Run: npx -y pnpm build');

    app.setNotFoundHandler((request, reply) => {
      const path = request.url.split('?', 1)[0] ?? '';
      const isRoute = (request.method === 'GET' || request.method === 'HEAD') && extname(path) === '';
      if (page && isRoute && path !== '/api' && !path.startsWith('/api/')) return reply.sendFile('index.html');
      return sendFailure(reply, new ProtocolError('not_found'));
    });
  },
  { name: 'web-app', dependencies: ['failures', 'security-headers'] },
);
