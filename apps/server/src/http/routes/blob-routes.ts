import type { IncomingMessage } from 'node:http';
import { BlobId, BlobUsage, ProtocolError } from '@undertone/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { blobsPath } from '../../blobs/blobs.ts';
import type { TusAnswer } from '../../blobs/uploads.ts';
import { serverLimits } from '../../server-limits.ts';
import { bodyStream } from '../body-stream.ts';
import { byteRange } from '../byte-range.ts';
import { limited } from '../rate-limits.ts';
import type { Services } from '../services.ts';
import { sessionOf } from '../sessions.ts';

const params = z.object({ id: BlobId });
const pieceType = 'application/offset+octet-stream';
/** What of a request is tus' concern. Metadata is left out: names and types of files are nothing that this server knows. */
const requestHeaders = ['tus-resumable', 'upload-offset', 'content-type', 'content-length'] as const;
const answerHeaders = [
  'tus-resumable',
  'tus-version',
  'tus-extension',
  'tus-max-size',
  'location',
  'upload-offset',
  'upload-length',
  'upload-expires',
] as const;

function tusHeaders(request: FastifyRequest): Record<string, string> {
  return Object.fromEntries(
    requestHeaders.flatMap((name) => {
      const value = request.headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
}

function sendTus(reply: FastifyReply, { status, headers }: TusAnswer): FastifyReply {
  for (const name of answerHeaders) {
    const value = headers.get(name);
    if (value !== null) void reply.header(name, value);
  }
  return reply.code(status).send();
}

/** SPEC F2: the length is declared at the beginning (what was not declared, no quota could count), and the bytes follow by PATCH. */
function declaredBytes({ headers }: FastifyRequest): number {
  const bytes = Number(headers['upload-length']);
  if (!/^[1-9]\d{0,15}$/.test(String(headers['upload-length'])) || !Number.isSafeInteger(bytes)) {
    throw new ProtocolError('invalid_request', { header: 'upload-length', reason: 'a number of bytes, 1 or more' });
  }
  if (headers['upload-concat'] !== undefined || headers['upload-defer-length'] !== undefined) {
    throw new ProtocolError('invalid_request', { reason: 'an extension of tus that is not offered here' });
  }
  if (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0) {
    throw new ProtocolError('invalid_request', { reason: 'the bytes follow by PATCH' });
  }
  return bytes;
}

/** Run while the request's body comes in; a body that comes to rest is cut off. */
async function whileReceiving<T>(raw: IncomingMessage, run: () => Promise<T>): Promise<T> {
  const { socket } = raw;
  const cutOff = (): void => {
    socket.destroy();
  };
  socket.setTimeout(serverLimits.uploadIdleMs, cutOff);
  try {
    return await run();
  } finally {
    socket.setTimeout(0, cutOff);
  }
}

/** Stored files: up by tus (SPEC F2), down by GET with ranges (SPEC F3). */
export const blobRoutes: FastifyPluginAsyncZod<{ services: Services }> = async (app, { services }) => {
  const { rates, settings } = services;
  const { rows, store, uploads } = services.blobs;
  const transfer = limited(rates.transfer);
  const open = new Set<IncomingMessage>();

  // Bytes are streamed by the handler: nothing is read before, and no limit on bodies applies but that of the upload.
  app.addContentTypeParser(pieceType, (_request, _payload, done) => done(null));
  app.addHook('onRequest', async ({ raw }, reply) => {
    open.add(raw);
    reply.raw.once('close', () => open.delete(raw));
  });
  // Whoever is in the middle of a transfer goes on where it was, later.
  app.addHook('preClose', async () => {
    for (const { socket } of open) socket.destroy();
    await uploads.idle();
  });

  app.get('/blob-usage', { schema: { response: { 200: BlobUsage } } }, async (request) => ({
    usedBytes: await rows.usedBytes(sessionOf(request).account),
    quotaBytes: settings.blobQuotaBytes,
    blobMaxBytes: settings.blobMaxBytes,
  }));

  app.options(blobsPath, { schema: { hide: true } }, async (_request, reply) =>
    sendTus(reply, await uploads.describe()),
  );

  app.post(blobsPath, { schema: { hide: true } }, async (request, reply) => {
    const bytes = declaredBytes(request);
    const { 'content-type': _type, ...headers } = tusHeaders(request);
    const declared = { ...headers, 'upload-length': String(bytes) };
    return sendTus(reply, await uploads.begin(sessionOf(request).account, bytes, declared));
  });

  app.head(`${blobsPath}/:id`, { config: transfer, schema: { params, hide: true } }, async (request, reply) => {
    const { account } = sessionOf(request);
    return sendTus(reply, await uploads.offset(account, request.params.id, tusHeaders(request)));
  });

  app.patch(`${blobsPath}/:id`, { config: transfer, schema: { params, hide: true } }, async (request, reply) => {
    const { account } = sessionOf(request);
    const { raw } = request;
    if (request.headers['content-type'] !== pieceType) {
      throw new ProtocolError('invalid_request', { header: 'content-type', reason: pieceType });
    }
    // Gone before anything was read: nobody hears the answer.
    if (raw.destroyed) throw new ProtocolError('unavailable');
    const body = bodyStream(raw);
    let answer: TusAnswer;
    try {
      answer = await whileReceiving(raw, () =>
        uploads.append(account, request.params.id, tusHeaders(request), body.stream),
      );
    } finally {
      if (!body.abandon()) void reply.header('connection', 'close');
    }
    return sendTus(reply, answer);
  });

  app.delete(`${blobsPath}/:id`, { schema: { params, hide: true } }, async (request, reply) => {
    await uploads.terminate(sessionOf(request).account, request.params.id);
    return reply.code(204).header('tus-resumable', '1.0.0').send();
  });

  app.get(
    `${blobsPath}/:id`,
    { config: transfer, exposeHeadRoute: false, schema: { params } },
    async (request, reply) => {
      const { id, bytes } = await rows.readable(sessionOf(request).account, request.params.id);
      void reply.header('accept-ranges', 'bytes');
      const range = byteRange(request.headers.range, bytes);
      if (range === 'unsatisfiable') {
        const { message, code } = new ProtocolError('invalid_request');
        void reply.code(416).header('content-range', `bytes */${bytes}`);
        return reply.send({ error: { code, message, detail: { header: 'range' } } });
      }
      const { start, end } = range ?? { start: 0, end: bytes - 1 };
      const body = await store.read(id, { start, end });
      if (range !== undefined) void reply.code(206).header('content-range', `bytes ${start}-${end}/${bytes}`);
      return (
        reply
          .header('content-type', 'application/octet-stream')
          .header('content-length', end - start + 1)
          .header('content-disposition', 'attachment')
          .header('content-security-policy', "default-src 'none'; sandbox")
          // Receivers keep what they fetch. Browsers that may cache an answer read it into memory as fast as it comes, however large it is.
          .header('cache-control', 'no-store')
          .send(body)
      );
    },
  );
};
