import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to the server that can be cut, after so many bytes in a direction, and mended. */
export interface CuttableProxy {
  readonly origin: string;
  /** Bytes that passed since the last `mend`. */
  readonly passed: { up: number; down: number };
  cutAfter(direction: 'up' | 'down', bytes: number): void;
  readonly isCut: boolean;
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

export async function cuttableProxy(origin: string): Promise<CuttableProxy> {
  const { hostname, port } = new URL(origin);
  const sockets = new Set<Socket>();
  const passed = { up: 0, down: 0 };
  const bounds = { up: Number.POSITIVE_INFINITY, down: Number.POSITIVE_INFINITY };
  let isCut = false;
  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  const server = createServer((client) => {
    if (isCut) return client.destroy();
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        client.destroy();
        upstream.destroy();
      });
    }
    const pass = (from: Socket, to: Socket, direction: 'up' | 'down') =>
      from.on('data', (data) => {
        passed[direction] += data.length;
        if (passed[direction] > bounds[direction]) return cut();
        if (!to.write(data)) {
          from.pause();
          to.once('drain', () => from.resume());
        }
      });
    pass(client, upstream, 'up');
    pass(upstream, client, 'down');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passed,
    cutAfter: (direction, bytes) => {
      bounds[direction] = passed[direction] + bytes;
    },
    get isCut() {
      return isCut;
    },
    cut,
    mend: () => {
      isCut = false;
      bounds.up = bounds.down = Number.POSITIVE_INFINITY;
      passed.up = passed.down = 0;
    },
    close: () =>
      new Promise((resolve) => {
        cut();
        server.close(() => resolve());
      }),
  };
}
