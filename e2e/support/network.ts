import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { expect, type Page } from '@playwright/test';

/**
 * - `open`: all goes through.
 * - `pages`: the app's files can be fetched, its API and socket cannot: a page can be loaded as from a cache.
 * - `failing`: as `pages`, but the API answers each request with 500.
 * - `closed`: nothing goes through, as with a closed laptop.
 */
type State = 'open' | 'pages' | 'failing' | 'closed';

/** The network between one browser and the server, as a proxy that can be cut. The browser's own offline mode spares open sockets. */
export class Network {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #state: State = 'open';
  #prefix: { readonly path: RegExp; readonly source: string } | undefined;
  #cut: { readonly path: RegExp; readonly afterBytes: number; readonly done: () => void } | undefined;
  /** Bytes of bodies, both ways, of what `cutAfter` counts. */
  counted = 0;

  private constructor() {
    this.#server = createServer((incoming, answer) => this.#forward(incoming, answer));
    this.#server.on('connect', (incoming, socket: Socket) => this.#tunnel(incoming, socket));
    this.#server.on('connection', (socket) => this.#keep(socket));
  }

  static async start(): Promise<Network> {
    const network = new Network();
    network.#server.listen(0, '127.0.0.1');
    await once(network.#server, 'listening');
    return network;
  }

  /** For a browser context; the loopback is not left out. */
  get proxy(): { server: string; bypass: string } {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return { server: `http://127.0.0.1:${address.port}`, bypass: '<-loopback>' };
  }

  /** Change what goes through; what is under way is cut off. */
  set(state: State): void {
    this.#state = state;
    if (state === 'open') return;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Put `source` before every script whose path matches. */
  prepend(path: RegExp, source: string): void {
    this.#prefix = { path, source };
  }

  /** Close when so many bytes of bodies have gone through under `path`, either way. Resolves when that has happened. */
  cutAfter(path: RegExp, afterBytes: number): Promise<void> {
    this.counted = 0;
    return new Promise((done) => {
      this.#cut = { path, afterBytes, done };
    });
  }

  async close(): Promise<void> {
    this.set('closed');
    this.#server.close();
    await once(this.#server, 'close');
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  }

  #count(body: IncomingMessage): void {
    body.on('data', (part: Buffer) => {
      this.counted += part.length;
      if (this.#cut === undefined || this.counted < this.#cut.afterBytes) return;
      const { path, done } = this.#cut;
      this.#cut = { path, done, afterBytes: Number.POSITIVE_INFINITY };
      this.set('closed');
      done();
    });
  }

  #forward(incoming: IncomingMessage, answer: ServerResponse): void {
    const url = new URL(incoming.url ?? '');
    const isApi = url.pathname.startsWith('/api');
    if (this.#state === 'failing' && isApi) {
      answer.writeHead(500).end();
      return;
    }
    const passes = this.#state === 'open' || (this.#state !== 'closed' && !isApi);
    if (!passes) {
      incoming.socket.destroy();
      return;
    }
    const { method, headers } = incoming;
    const prefix = this.#prefix?.path.test(url.pathname) ? this.#prefix.source : undefined;
    const isCounted = this.#cut?.path.test(url.pathname) === true;
    // What is put before a script is not compressed, so the script must not be either.
    if (prefix !== undefined) headers['accept-encoding'] = 'identity';
    const onward = request(url, { method, headers }, (response) => {
      if (prefix !== undefined) delete response.headers['content-length'];
      answer.writeHead(response.statusCode ?? 502, response.headers);
      if (prefix !== undefined) answer.write(prefix);
      if (isCounted) this.#count(response);
      response.pipe(answer);
      response.on('error', () => answer.destroy());
    });
    onward.on('error', () => answer.destroy());
    // Who asked is gone: what is asked for in their name ends too.
    answer.on('close', () => onward.destroy());
    if (isCounted) this.#count(incoming);
    incoming.pipe(onward);
  }

  /** Sockets ask for a tunnel. */
  #tunnel(incoming: IncomingMessage, socket: Socket): void {
    this.#keep(socket);
    if (this.#state !== 'open') {
      socket.destroy();
      return;
    }
    const { hostname, port } = new URL(`http://${incoming.url}`);
    const onward = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      onward.pipe(socket);
      socket.pipe(onward);
    });
    this.#keep(onward);
    socket.on('close', () => onward.destroy());
    onward.on('close', () => socket.destroy());
  }
}

/** Reload a page after a cut: the browser may still hold connections that were cut, and only finds out by using them. */
export async function reloadAfterCut(page: Page): Promise<void> {
  await expect(async () => {
    await page.reload();
  }).toPass({ timeout: 15_000 });
}
