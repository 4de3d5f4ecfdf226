import type { BrowserContext, ConsoleMessage, Page, Request } from '@playwright/test';

/** The browser's own note about an answer that the app asked for and shows in words: wrong password, taken name, not signed in. */
const refusedRequest = /^Failed to load resource: the server responded with a status of 4(?:01|03|04|09|22)/;

/** Without a server or a network, requests fail, the browser's own for a newer service worker too: for tests that cut either off. */
export const lostConnection =
  /ERR_(?:CONNECTION_REFUSED|CONNECTION_RESET|INTERNET_DISCONNECTED|EMPTY_RESPONSE|SOCKET_NOT_CONNECTED)|WebSocket connection to|status of 50[23]|HTTP response code \(503\)|error occurred when fetching the script/;

/**
 * Watches all pages of a context for what must never happen: a request to any other origin, an error in the console (violations of
 * the Content Security Policy and of Trusted Types come there too), an error that nobody caught.
 */
export class Guard {
  readonly #origin: string;
  readonly #who: string;
  readonly #expected: RegExp[] = [];
  readonly #seen: string[] = [];

  constructor(context: BrowserContext, origin: string, who: string) {
    this.#origin = origin;
    this.#who = who;
    context.on('request', (request) => this.#request(request));
    context.on('console', (message) => this.#console(message));
    context.on('weberror', (error) => this.#add(`uncaught: ${error.error().stack ?? error.error().message}`));
    context.on('page', (page) => this.#page(page));
  }

  /** Console errors like this belong to what the test does. */
  expect(pattern: RegExp): void {
    this.#expected.push(pattern);
  }

  get problems(): readonly string[] {
    return this.#seen.filter((text) => !this.#expected.some((pattern) => pattern.test(text)));
  }

  #add(text: string): void {
    this.#seen.push(`${this.#who}: ${text}`);
  }

  #page(page: Page): void {
    page.on('crash', () => this.#add('the page crashed'));
    page.on('websocket', (socket) => {
      if (new URL(socket.url()).origin !== this.#origin.replace('http', 'ws')) this.#add(`socket to ${socket.url()}`);
    });
  }

  #request(request: Request): void {
    const url = new URL(request.url());
    if (url.protocol === 'blob:' || url.protocol === 'data:') return;
    if (url.origin !== this.#origin) this.#add(`request to another origin: ${request.url()}`);
  }

  #console(message: ConsoleMessage): void {
    const text = message.text();
    if (message.type() === 'warning' && !/content security policy|trusted type/i.test(text)) return;
    if (!['error', 'warning', 'assert'].includes(message.type()) || refusedRequest.test(text)) return;
    this.#add(`console ${message.type()}: ${text} (${message.location().url})`);
  }
}
