import { createConnection, type Socket } from 'node:net';

/** A TCP connection that speaks text of one byte per character, for protocols that the bench speaks itself. */
export class TextSocket {
  readonly #socket: Socket;
  #buffer = '';
  #wake = (): void => {};
  #reader: ((buffer: string) => string) | undefined;

  constructor(port: number) {
    this.#socket = createConnection({ host: '127.0.0.1', port, noDelay: true });
    this.#socket.setEncoding('latin1');
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => this.#wake());
    this.#socket.on('data', (text: string) => {
      this.#buffer += text;
      if (this.#reader) this.#buffer = this.#reader(this.#buffer);
      else this.#wake();
    });
  }

  write(text: string): void {
    this.#socket.write(text, 'latin1');
  }

  /** During set-up: everything up to and including what matches, taken off the front. */
  async until(pattern: RegExp): Promise<string> {
    const late = setTimeout(() => this.#socket.destroy(new Error('late')), 30_000);
    for (;;) {
      const found = pattern.exec(this.#buffer);
      if (found) {
        clearTimeout(late);
        const end = found.index + found[0].length;
        const text = this.#buffer.slice(0, end);
        this.#buffer = this.#buffer.slice(end);
        return text;
      }
      if (this.#socket.destroyed) throw new Error(`the connection ended, waiting for ${pattern}: ${this.#buffer}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** From now on: `read` takes what is whole off the front and returns the rest. */
  onText(read: (buffer: string) => string): void {
    this.#reader = read;
    this.#buffer = read(this.#buffer);
  }

  close(): void {
    this.#socket.destroy();
  }
}
