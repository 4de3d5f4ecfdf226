import { ServerConfig, UsernameAvailability, usernameProblem } from '@undertone/protocol';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { version } from '../../version.ts';
import { limited } from '../rate-limits.ts';
import type { Services } from '../services.ts';

/** What anybody may ask before signing up. */
export const publicRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (app, { services }) => {
  app.get('/config', { schema: { response: { 200: ServerConfig } } }, async () => ({
    registration: services.settings.registration,
    version,
    retentionDays: services.settings.retentionDays,
  }));

  app.get(
    '/usernames/:name',
    {
      config: limited(services.rates.lookUp),
      schema: { params: z.object({ name: z.string().max(256) }), response: { 200: UsernameAvailability } },
    },
    async ({ params: { name } }) => {
      if (usernameProblem(name) !== undefined) return { available: false, reason: 'invalid' as const };
      if (await services.accounts.isTaken(name)) return { available: false, reason: 'taken' as const };
      return { available: true };
    },
  );
};
