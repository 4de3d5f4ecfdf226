import { createServer } from 'node:http';
import { StartupError } from '../startup-error.ts';
import { registry } from './instruments.ts';

export interface MetricsServer {
  readonly origin: string;
  close(): Promise<void>;
}

/**
 * `GET /metrics` on a listener of its own: what it says of the load is nobody's business but the operator's, and a port that no proxy
 * passes on cannot be made public by a wrong path rule.
 */
export async function startMetricsServer({ host, port }: { host: string; port: number }): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    registry.metrics().then(
      (text) =>
        response.writeHead(200, { 'content-type': registry.contentType, 'cache-control': 'no-store' }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  try {
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  } catch (cause) {
    const { message } = cause as Error;
    throw new StartupError(
      `The metrics cannot be served on METRICS_HOST ${host}, METRICS_PORT ${port}: ${message}`,
      1,
      {
        cause,
      },
    );
  }
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    origin: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
