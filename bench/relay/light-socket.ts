import { request } from 'node:http';
import type { Socket } from 'node:net';

const opcodes = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
const masked = 0x80;
const final = 0x80;

export interface LightSocketOptions {
  readonly port: number;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The address of this machine that it connects from. */
  readonly localAddress?: string;
}

/**
 * A WebSocket client (RFC 6455) that costs the load generator as little as can be: whole messages only, a mask of zeros, and all that one
 * turn of the event loop sends in one write.
 */
export class LightSocket {
  readonly #socket: Socket;
  #rest: Buffer;
  #sending: Buffer[] = [];
  /** Told of each message's payload, which is a view of what was read. */
  onMessage: (payload: Buffer) => void = () => {};
  onClose: (reason: string) => void = () => {};

  private constructor(socket: Socket, head: Buffer) {
    this.#socket = socket;
    this.#rest = head;
    socket.setNoDelay(true);
    socket.on('error', (error) => this.onClose(error.message));
    socket.on('close', () => this.onClose('the connection ended'));
    socket.on('data', (data: Buffer) => this.#read(data));
  }

  /** Resolves when the server has taken the connection up; what it says first waits until the caller has set `onMessage`. */
  static open({ port, path, headers = {}, localAddress }: LightSocketOptions): Promise<LightSocket> {
    return new Promise((resolve, reject) => {
      const asked = request({
        ...{ host: '127.0.0.1', port, path, agent: false },
        ...(localAddress === undefined ? {} : { localAddress }),
        headers: {
          ...headers,
          Connection: 'Upgrade',
          Upgrade: 'websocket',
          'Sec-WebSocket-Version': '13',
          'Sec-WebSocket-Key': 'dW5kZXJ0b25lIGJlbmNoIQ==',
        },
      });
      asked.once('upgrade', (_response, socket: Socket, head) => {
        const light = new LightSocket(socket, Buffer.from(head));
        resolve(light);
        setImmediate(() => light.#read(Buffer.alloc(0)));
      });
      asked.once('response', (response) => reject(new Error(`the upgrade was refused: ${response.statusCode}`)));
      asked.once('error', reject);
      asked.end();
    });
  }

  sendText(text: string): void {
    this.#send(opcodes.text, Buffer.from(text, 'latin1'));
  }

  sendBinary(payload: Uint8Array): void {
    this.#send(opcodes.binary, payload);
  }

  close(): void {
    this.#socket.destroy();
  }

  #send(opcode: number, payload: Uint8Array): void {
    const size = payload.length;
    const headBytes = size < 126 ? 2 : size < 65_536 ? 4 : 10;
    const head = Buffer.alloc(headBytes + 4);
    head[0] = final | opcode;
    if (headBytes === 2) head[1] = masked | size;
    else if (headBytes === 4) {
      head[1] = masked | 126;
      head.writeUInt16BE(size, 2);
    } else {
      head[1] = masked | 127;
      head.writeBigUInt64BE(BigInt(size), 2);
    }
    if (this.#sending.length === 0) setImmediate(() => this.#flush());
    this.#sending.push(head, Buffer.from(payload.buffer, payload.byteOffset, size));
  }

  #flush(): void {
    this.#socket.write(Buffer.concat(this.#sending));
    this.#sending = [];
  }

  #read(data: Buffer): void {
    let buffer = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data]);
    for (;;) {
      if (buffer.length < 2) break;
      const short = (buffer[1] ?? 0) & 0x7f;
      const headBytes = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (buffer.length < headBytes) break;
      const size = short < 126 ? short : short === 126 ? buffer.readUInt16BE(2) : Number(buffer.readBigUInt64BE(2));
      const end = headBytes + size;
      if (buffer.length < end) break;
      this.#take((buffer[0] ?? 0) & 0x0f, buffer.subarray(headBytes, end));
      buffer = buffer.subarray(end);
    }
    this.#rest = buffer;
  }

  #take(opcode: number, payload: Buffer): void {
    if (opcode === opcodes.ping) this.#send(opcodes.pong, payload);
    else if (opcode === opcodes.close) this.onClose(`closed: ${payload.toString('latin1', 2)}`);
    else this.onMessage(payload);
  }
}
