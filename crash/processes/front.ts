import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** The least of a proxy before several servers: a connection goes to the first of them that takes it, or they take turns to be first. */
export class Front {
  readonly origin: string;
  /** Ports of the servers behind it, the first choice first. */
  targets: readonly number[] = [];
  readonly #server: Server;
  readonly #inTurn: boolean;
  readonly #sockets = new Set<Socket>();
  #connections = 0;

  private constructor(server: Server, inTurn: boolean) {
    this.#server = server;
    this.#inTurn = inTurn;
    this.origin = `http://localhost:${(server.address() as AddressInfo).port}`;
    server.on('connection', (socket) => this.#pass(socket, this.#choices()));
  }

  static async create({ inTurn = false } = {}): Promise<Front> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Front(server, inTurn);
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #choices(): number[] {
    if (!this.#inTurn) return [...this.targets];
    this.#connections += 1;
    const first = this.#connections % this.targets.length;
    return [...this.targets.slice(first), ...this.targets.slice(0, first)];
  }

  #pass(client: Socket, targets: readonly number[]): void {
    const [port, ...others] = targets;
    client.on('error', () => {});
    if (port === undefined) {
      client.destroy();
      return;
    }
    const upstream = connect(port, '127.0.0.1');
    upstream.once('error', () => this.#pass(client, others));
    upstream.once('connect', () => {
      for (const socket of [client, upstream]) {
        this.#sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => {
          this.#sockets.delete(socket);
          client.destroy();
          upstream.destroy();
        });
      }
      client.pipe(upstream).pipe(client);
    });
  }
}
