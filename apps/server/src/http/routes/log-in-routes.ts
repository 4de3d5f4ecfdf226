import { type AccountId, Me, ProtocolError, SignInRequest, SignUpRequest } from '@undertone/protocol';
import { usernameKeys } from '@undertone/protocol/username-key';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { userAgentLabel } from '../../accounts/user-agent-label.ts';
import { describeMe } from '../me.ts';
import { limited } from '../rate-limits.ts';
import type { Services } from '../services.ts';
import { signUp } from './sign-up.ts';

/** Sign-up and log-in. Both answer with the new session's cookie. */
export const logInRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (app, { services }) => {
  const { accounts, hasher, logInDelay, rates, relay, sessions } = services;

  /** Begin a session; one that this browser had before ends. */
  async function begin(request: FastifyRequest, reply: FastifyReply, account: AccountId): Promise<Me> {
    await app.readSession(request);
    const before = request.activeSession;
    if (before && (await sessions.end(before.account, before.id))) {
      relay.bus.publish({ kind: 'sessions_ended', sessions: [before.id] });
    }
    const { id, token } = await sessions.create(account, userAgentLabel(request.headers['user-agent']));
    app.setSessionCookie(reply, token);
    return describeMe(services, { id, account, device: null });
  }

  app.post(
    '/accounts',
    { config: limited(rates.signUp), schema: { body: SignUpRequest, response: { 201: Me } } },
    async (request, reply) => {
      const account = await signUp(services, request.body);
      return reply.code(201).send(await begin(request, reply, account));
    },
  );

  app.post(
    '/sessions',
    { config: limited(rates.logIn), schema: { body: SignInRequest, response: { 201: Me } } },
    async (request, reply) => {
      const { username, password } = request.body;
      const { usernameKey } = usernameKeys(username);
      await logInDelay.check(usernameKey, request.ip);
      // SPEC A3: without an account the same work is done against a hash that no password has.
      const account = await accounts.credentialsByName(username);
      const matches = await hasher.verify(account?.passwordHash, password);
      if (account === undefined || !matches) {
        await logInDelay.failed(usernameKey, request.ip);
        throw new ProtocolError('wrong_credentials');
      }
      await logInDelay.succeeded(usernameKey, request.ip);
      return reply.code(201).send(await begin(request, reply, account.id));
    },
  );
};
