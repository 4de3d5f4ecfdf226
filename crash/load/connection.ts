import { type ClientFrame, decodeServerFrame, encodeFrame, type ServerFrame } from '@undertone/protocol';
import { WebSocket } from 'ws';

export interface ConnectionEvents {
  opened(): void;
  frame(frame: ServerFrame): void;
  closed(): void;
}

const retryMs = 100;

/** A socket that is opened again as long as it is wanted. What was on its way when it closed is lost, as for every client. */
export class Connection {
  readonly #url: string;
  readonly #headers: Record<string, string>;
  readonly #events: ConnectionEvents;
  #socket: WebSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #wanted = false;

  constructor(origin: string, cookie: string, events: ConnectionEvents) {
    this.#url = `${origin.replace(/^http/, 'ws')}/api/socket`;
    this.#headers = { origin, cookie };
    this.#events = events;
  }

  start(): void {
    this.#wanted = true;
    this.#open();
  }

  stop(): void {
    this.#wanted = false;
    clearTimeout(this.#timer);
    this.#socket?.terminate();
  }

  /** Lose the socket, as on a bad network; it is opened again. */
  cut(): void {
    this.#socket?.terminate();
  }

  send(frame: ClientFrame): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(encodeFrame(frame));
  }

  #open(): void {
    const socket = new WebSocket(this.#url, { headers: this.#headers, perMessageDeflate: false });
    this.#socket = socket;
    socket.on('open', () => this.#events.opened());
    socket.on('message', (data: Buffer) => this.#events.frame(decodeServerFrame(new Uint8Array(data))));
    // Refused while the server is down: `close` follows.
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#events.closed();
      if (this.#wanted) this.#timer = setTimeout(() => this.#open(), retryMs);
    });
  }
}
