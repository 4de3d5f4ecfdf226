import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** The connections of a server, sockets that were upgraded among them, which Node does not count as its own. */
export class OpenConnections {
  readonly #open = new Set<Socket>();

  constructor(server: Server) {
    server.on('connection', (socket) => {
      this.#open.add(socket);
      socket.once('close', () => this.#open.delete(socket));
    });
  }

  /** End them at once, whatever they are at. */
  cut(): void {
    for (const socket of this.#open) socket.destroy();
  }
}
