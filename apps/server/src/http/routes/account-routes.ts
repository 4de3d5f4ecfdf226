import {
  AccountBatch,
  type AccountId,
  ChangePasswordRequest,
  DeleteAccountRequest,
  Invite,
  Me,
  ProfileList,
  ProtocolError,
  UpdateProfileRequest,
} from '@undertone/protocol';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { endAllMemberships } from '../../relay/membership.ts';
import { describeMe, tellAccount } from '../me.ts';
import { limited } from '../rate-limits.ts';
import type { Services } from '../services.ts';
import { sessionOf } from '../sessions.ts';
import { requireGoodPassword } from './sign-up.ts';

/** One's own account, and looking up others. */
export const accountRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (app, { services }) => {
  const { accounts, avatars, blobs, devices, hasher, invites, logInDelay, rates, relay, sessions } = services;

  /** Fails with `wrong_password`; guessing is slowed down as at log-in. */
  async function requirePassword(account: AccountId, address: string, password: string): Promise<void> {
    await logInDelay.check(account, address);
    if (await hasher.verify(await accounts.passwordHash(account), password)) {
      await logInDelay.succeeded(account, address);
      return;
    }
    await logInDelay.failed(account, address);
    throw new ProtocolError('wrong_password');
  }

  app.get('/account', { schema: { response: { 200: Me } } }, async (request) =>
    describeMe(services, sessionOf(request)),
  );

  app.patch('/account', { schema: { body: UpdateProfileRequest, response: { 200: Me } } }, async (request) => {
    const session = sessionOf(request);
    const { displayName, avatar, presence } = request.body;
    await services.database.transaction(async (tx) => {
      const avatarHash = typeof avatar === 'string' ? await avatars.put(tx, avatar) : avatar;
      await accounts.update(tx, session.account, {
        ...(displayName === undefined ? {} : { displayName }),
        ...(avatarHash === undefined ? {} : { avatarHash }),
        ...(presence === undefined ? {} : { presence }),
      });
      if (avatarHash !== undefined) await avatars.prune(tx);
    });
    if (presence !== undefined) {
      relay.bus.publish({ kind: 'visibility', account: session.account, visible: presence === 'everyone' });
    }
    if (displayName !== undefined || avatar !== undefined) await tellAccount(services, session.account);
    return describeMe(services, session);
  });

  app.delete('/account', { schema: { body: DeleteAccountRequest } }, async (request, reply) => {
    const { account } = sessionOf(request);
    await requirePassword(account, request.ip, request.body.password);
    await relay.change(async (tx, outbox) => {
      await endAllMemberships(tx, outbox, account);
      await devices.deactivate(tx, await devices.activeDevices(tx, account));
      outbox.event({ kind: 'sessions_ended', sessions: await sessions.endAll(account, null, tx) });
      await accounts.erase(tx, account);
      // After the account's row is held: an upload that began before is seen, a later one sees the tombstone.
      await blobs.rows.giveUpAllOf(tx, account);
      outbox.event({ kind: 'blobs_given_up' });
      await avatars.prune(tx);
    });
    await tellAccount(services, account);
    app.clearSessionCookie(reply);
    return reply.code(204).send();
  });

  app.post('/account/password', { schema: { body: ChangePasswordRequest } }, async (request, reply) => {
    const session = sessionOf(request);
    await requirePassword(session.account, request.ip, request.body.current);
    requireGoodPassword(request.body.next);
    const hash = await hasher.hash(request.body.next);
    const ended = await services.database.transaction(async (tx) => {
      await accounts.setPassword(tx, session.account, hash);
      return sessions.endAll(session.account, session.id, tx);
    });
    relay.bus.publish({ kind: 'sessions_ended', sessions: ended });
    return reply.code(204).send();
  });

  app.post(
    '/invites',
    { config: limited(rates.signUp), schema: { response: { 201: Invite } } },
    async (request, reply) => reply.code(201).send(await invites.create(sessionOf(request).account)),
  );

  app.post('/profiles', { schema: { body: AccountBatch, response: { 200: ProfileList } } }, async ({ body }) => ({
    profiles: await accounts.profiles(body.accounts),
  }));

  app.get(
    '/accounts',
    {
      config: limited(rates.lookUp),
      schema: { querystring: z.object({ search: z.string().max(256) }), response: { 200: ProfileList } },
    },
    async (request) => ({ profiles: await accounts.search(request.query.search, sessionOf(request).account) }),
  );

  app.get(
    '/avatars/:hash',
    { schema: { params: z.object({ hash: z.string().regex(/^[0-9a-f]{64}$/) }) } },
    async (request, reply) => {
      const avatar = await avatars.get(request.params.hash);
      if (avatar === null) throw new ProtocolError('not_found');
      return reply
        .header('content-type', avatar.type)
        .header('content-security-policy', "default-src 'none'; sandbox")
        .header('cache-control', 'private, max-age=31536000, immutable')
        .send(Buffer.from(avatar.data));
    },
  );
};
