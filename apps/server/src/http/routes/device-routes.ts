import {
  AccountBatch,
  ClaimedKeyPackages,
  ClaimKeyPackagesRequest,
  fromBase64url,
  KeyLogList,
  KeyPackageCount,
  Me,
  ProtocolError,
  RegisterDeviceRequest,
  UpgradeKeyLogRequest,
  UploadKeyPackagesRequest,
} from '@undertone/protocol';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { checkRootEntry } from '../../devices/key-log-entry.ts';
import { removeDevicesEverywhere } from '../../relay/membership.ts';
import { serverLimits } from '../../server-limits.ts';
import { describeMe, tellAccount } from '../me.ts';
import type { Services } from '../services.ts';
import { deviceOf, sessionOf } from '../sessions.ts';

/** Devices, key logs, key packages (SPEC I). */
export const deviceRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (app, { services }) => {
  const { accounts, claimLimits, devices, keyPackages, relay } = services;

  app.post('/devices', { schema: { body: RegisterDeviceRequest, response: { 201: Me } } }, async (request, reply) => {
    const session = sessionOf(request);
    const { device, startAnew } = request.body;
    const signatureKey = fromBase64url(request.body.signatureKey);
    const logEntry = fromBase64url(request.body.logEntry);
    const { account } = session;
    const self = await accounts.self(account);
    if (self === undefined) throw new ProtocolError('not_signed_in');
    checkRootEntry(logEntry, { account, username: self.profile.username, device, signatureKey });
    const { root } = await relay.change(async (tx, outbox) => {
      const registered = await devices.register(tx, {
        account,
        device,
        session: session.id,
        signatureKey,
        logEntry,
        startAnew,
      });
      if (registered.root > 0) await removeDevicesEverywhere(tx, outbox, account);
      outbox.event({ kind: 'devices_ended', devices: registered.replaced, code: 'device_replaced' });
      return registered;
    });
    if (root > 0) await tellAccount(services, account);
    return reply.code(201).send(await describeMe(services, { ...session, device }));
  });

  app.post('/key-logs', { schema: { body: AccountBatch, response: { 200: KeyLogList } } }, async ({ body }) => ({
    logs: await devices.keyLogs(body.accounts),
  }));

  app.put('/key-log', { schema: { body: UpgradeKeyLogRequest } }, async (request, reply) => {
    const device = deviceOf(request);
    await devices.upgradeKeyLog(sessionOf(request).account, device, fromBase64url(request.body.logEntry));
    return reply.code(204).send();
  });

  app.post(
    '/key-packages',
    {
      bodyLimit: serverLimits.keyPackagesBodyMaxBytes,
      schema: { body: UploadKeyPackagesRequest, response: { 200: KeyPackageCount } },
    },
    async (request) => keyPackages.upload(deviceOf(request), request.body),
  );

  app.get('/key-packages/count', { schema: { response: { 200: KeyPackageCount } } }, async (request) =>
    keyPackages.count(deviceOf(request)),
  );

  app.post(
    '/key-packages/claim',
    { schema: { body: ClaimKeyPackagesRequest, response: { 200: ClaimedKeyPackages } } },
    async (request) => {
      const device = deviceOf(request);
      const { accounts: targets } = request.body;
      await claimLimits.check(sessionOf(request).account, targets);
      return { keyPackages: await keyPackages.claim(device, targets) };
    },
  );
};
