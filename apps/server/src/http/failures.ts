import { type ErrorCode, errorTable, ProtocolError } from '@undertone/protocol';
import type { FastifyReply } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { refused } from '../metrics/instruments.ts';

/** What Fastify itself refuses, by its code or status. */
function codeOfFastify(error: { code?: unknown; statusCode?: unknown }): ErrorCode | undefined {
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return 'too_large';
  if (typeof error.statusCode !== 'number' || error.statusCode >= 500) return undefined;
  // 403 is a folder of files, or a path out of it: nothing that anybody needs to know of.
  if (error.statusCode === 404 || error.statusCode === 403) return 'not_found';
  return error.statusCode === 413 ? 'too_large' : 'invalid_request';
}

/** The one place where errors become answers (SPEC T1). What is not known is `internal`, and its cause stays here. */
export function toProtocolError(error: unknown): ProtocolError {
  if (error instanceof ProtocolError) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const fields = error.validation.map(({ instancePath }) => instancePath.slice(1).replaceAll('/', '.'));
    return new ProtocolError('invalid_request', { fields: [...new Set(fields)] }, { cause: error });
  }
  const code = typeof error === 'object' && error !== null ? codeOfFastify(error) : undefined;
  return new ProtocolError(code ?? 'internal', {}, { cause: error });
}

/** Answer with a failure. */
export function sendFailure(reply: FastifyReply, { code, message, detail }: ProtocolError): FastifyReply {
  refused(code, 'http');
  const { retryAfterMs } = detail;
  if (typeof retryAfterMs === 'number') void reply.header('retry-after', String(Math.ceil(retryAfterMs / 1000)));
  return reply
    .code(errorTable[code].status)
    .header('cache-control', 'no-store')
    .header('content-type', 'application/json; charset=utf-8')
    .serializer((value: unknown) => JSON.stringify(value))
    .send({ error: { code, message, detail } });
}

/** SPEC T1: every failure of a route has a code of the table and its status. */
export const failures = fastifyPlugin(
  async (app) => {
    app.setErrorHandler((error, request, reply) => {
      const failure = toProtocolError(error);
      if (failure.code === 'internal') request.log.error({ err: error }, 'request failed');
      return sendFailure(reply, failure);
    });
  },
  { name: 'failures' },
);
