import type { BrowserContext, Request, Response, WebSocket } from '@playwright/test';

/** Everything that went between a browser and the server: socket frames both ways, addresses, bodies. Make it before the first page. */
export class Wire {
  /** Frames from the server. */
  readonly received: Buffer[] = [];
  /** Frames and bodies to the server, and the addresses asked for. */
  readonly sent: Buffer[] = [];
  /** Bodies of the API's answers. */
  readonly answers: Buffer[] = [];
  readonly #reading: Promise<unknown>[] = [];

  constructor(context: BrowserContext) {
    for (const page of context.pages()) page.on('websocket', (socket) => this.#socket(socket));
    context.on('page', (page) => page.on('websocket', (socket) => this.#socket(socket)));
    context.on('request', (request) => this.#request(request));
    context.on('response', (response) => this.#reading.push(this.#response(response)));
  }

  /** All of it, once the answers under way are read. */
  async all(): Promise<readonly Buffer[]> {
    await Promise.all(this.#reading);
    return [...this.sent, ...this.received, ...this.answers];
  }

  #socket(socket: WebSocket): void {
    socket.on('framesent', ({ payload }) => this.sent.push(Buffer.from(payload)));
    socket.on('framereceived', ({ payload }) => this.received.push(Buffer.from(payload)));
  }

  #request(request: Request): void {
    this.sent.push(Buffer.from(request.url()));
    const body = request.postDataBuffer();
    if (body !== null) this.sent.push(body);
  }

  async #response(response: Response): Promise<void> {
    if (!new URL(response.url()).pathname.startsWith('/api/')) return;
    const body = await response.body().catch(() => undefined);
    if (body !== undefined) this.answers.push(body);
  }
}
