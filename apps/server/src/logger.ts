import { type Logger, pino } from 'pino';

/**
 * The log goes to stderr: stdout is for what a person started the server to see. Requests are logged by their route (`requestLog`);
 * these serializers make sure that no body, header, address or query gets in by another way.
 */
export function createLogger(level: string): Logger {
  return pino(
    {
      level,
      base: null,
      serializers: { req: () => undefined, res: () => undefined },
      redact: { paths: ['err.cause', 'err.meta', 'err.query', 'err.parameters', 'err.detail'], remove: true },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}
