import {
  type ClientFrame,
  decodeServerFrame,
  encodeFrame,
  type LogEntry,
  ProtocolError,
  type RoomId,
  type ServerFrame,
  type ServerFrameOf,
  wireVersion,
} from '@undertone/protocol';
import { WebSocket } from 'ws';

type Request = ClientFrame extends infer F ? (F extends ClientFrame ? Omit<F, 'ref'> : never) : never;

/** A client of the socket that keeps all it is sent. Nothing here sleeps: it waits for frames. */
export class SocketClient {
  readonly socket: WebSocket;
  readonly frames: ServerFrame[] = [];
  /** Resolves with close code and reason. */
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #waiting = new Set<() => void>();
  #ref = 0;

  constructor(origin: string, cookie: string, headers: Record<string, string> = {}) {
    this.socket = new WebSocket(`${origin.replace(/^http/, 'ws')}/api/socket`, {
      headers: { origin, cookie, ...headers },
      perMessageDeflate: false,
    });
    this.socket.on('message', (data: Buffer) => {
      this.frames.push(decodeServerFrame(new Uint8Array(data)));
      this.#wake();
    });
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => {
        resolve({ code, reason: reason.toString() });
        this.#wake();
      });
    });
    this.socket.on('error', () => {});
  }

  async opened(): Promise<this> {
    if (this.socket.readyState === WebSocket.OPEN) return this;
    await new Promise<void>((resolve, reject) => {
      this.socket.once('open', () => resolve());
      this.socket.once('error', reject);
    });
    return this;
  }

  sendRaw(data: Uint8Array | string): void {
    this.socket.send(data);
  }

  /** Send a request; resolves with its answer, rejects with the `ProtocolError` it was refused with. */
  async request<T extends ServerFrame['type'] = ServerFrame['type']>(frame: Request): Promise<ServerFrameOf<T>> {
    this.#ref += 1;
    const ref = this.#ref;
    this.sendRaw(encodeFrame({ ...frame, ref } as ClientFrame));
    const answer = await this.next((candidate) => 'ref' in candidate && candidate.ref === ref);
    if (answer.type === 'error') throw new ProtocolError(answer.code, answer.detail);
    return answer as ServerFrameOf<T>;
  }

  hello(): Promise<ServerFrameOf<'hello_ok'>> {
    return this.request<'hello_ok'>({ type: 'hello', version: wireVersion });
  }

  /** The first frame, of those that came or will come, that fits. Rejects when the socket closes without one. */
  async next(fits: (frame: ServerFrame) => boolean): Promise<ServerFrame> {
    for (;;) {
      const found = this.frames.find(fits);
      if (found) return found;
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error('the socket closed');
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  async nextOf<T extends ServerFrame['type']>(
    type: T,
    fits: (frame: ServerFrameOf<T>) => boolean = () => true,
  ): Promise<ServerFrameOf<T>> {
    return (await this.next((frame) => frame.type === type && fits(frame as ServerFrameOf<T>))) as ServerFrameOf<T>;
  }

  /** Entries of a room that were pushed, in the order in which they came. */
  entries(room: RoomId): LogEntry[] {
    return this.frames.flatMap((frame) => (frame.type === 'entries' && frame.room === room ? frame.entries : []));
  }

  /** Wait until the room's entries pushed so far satisfy `fits`. */
  async entriesUntil(room: RoomId, fits: (entries: LogEntry[]) => boolean): Promise<LogEntry[]> {
    await this.next(() => fits(this.entries(room)));
    return this.entries(room);
  }

  close(): void {
    this.socket.close();
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }
}
