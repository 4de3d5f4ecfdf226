import {
  type ClientFrame,
  decodeServerFrame,
  encodeFrame,
  limits,
  ProtocolError,
  type ServerFrame,
  type ServerFrameOf,
  wireVersion,
} from '@undertone/protocol';
import { OfflineError } from '../rest/rest-client.ts';
import type { ConnectionView } from '../view/core.ts';
import { Backoff } from './backoff.ts';

/** The part of a WebSocket that is used; `ws` fits as well as the browser's. */
export interface SocketLike {
  binaryType: string;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
  onerror: (() => void) | null;
}

type WithoutRef<T> = T extends unknown ? Omit<T, 'ref'> : never;
/** A request before it has its `ref`. */
export type SocketRequest = WithoutRef<ClientFrame>;
type Push = Exclude<ServerFrame, { ref: unknown }>;

export interface SocketEvents {
  connection(view: ConnectionView): void;
  /** After `hello`: everything is to be compared with what the server has. */
  hello(frame: ServerFrameOf<'hello_ok'>): void;
  push(frame: Push): void;
  /** The server does not want this session or device any more; the socket stays closed. */
  ended(reason: 'not_signed_in' | 'replaced' | 'device_required' | 'unsupported_version'): void;
}

const requestTimeoutMs = 20_000;
const finalCodes: Record<number, Parameters<SocketEvents['ended']>[0]> = {
  4401: 'not_signed_in',
  4409: 'device_required',
  4410: 'replaced',
  4426: 'unsupported_version',
};

interface Waiting {
  readonly resolve: (frame: ServerFrame) => void;
  readonly reject: (error: Error) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

/**
 * The one socket of a client (SPEC T2-T6). Reconnects by itself with growing, jittered waits; requests made while it is
 * down, or cut off by its loss, reject with `OfflineError`, and the caller decides what to repeat.
 */
export class SocketClient {
  readonly #create: () => SocketLike;
  readonly #events: SocketEvents;
  readonly #backoff: Backoff;
  readonly #waiting = new Map<number, Waiting>();
  #socket: SocketLike | null = null;
  #online = false;
  #running = false;
  #ref = 0;
  #heardAt = 0;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(create: () => SocketLike, events: SocketEvents, backoff = new Backoff(300, 30_000)) {
    this.#create = create;
    this.#events = events;
    this.#backoff = backoff;
  }

  get online(): boolean {
    return this.#online;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#connect();
  }

  stop(): void {
    this.#running = false;
    clearTimeout(this.#retry);
    this.#drop(1000);
    this.#events.connection({ state: 'offline', retryAt: null });
  }

  /** Try at once instead of waiting. Also proves a connection that may be dead, as after a sleep. */
  reconnectNow(): void {
    if (!this.#running) return;
    if (this.#socket === null) {
      clearTimeout(this.#retry);
      this.#backoff.reset();
      this.#connect();
    } else if (this.#online) {
      this.#checkAlive();
    }
  }

  /** Send a request and wait for its answer. Rejects with `ProtocolError` or `OfflineError`. */
  async request(frame: SocketRequest): Promise<ServerFrame> {
    if (!this.#online) throw new OfflineError();
    return await this.#send(frame);
  }

  async #send(frame: SocketRequest): Promise<ServerFrame> {
    const socket = this.#socket;
    if (socket === null) throw new OfflineError();
    this.#ref = (this.#ref + 1) >>> 0;
    const ref = this.#ref;
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(ref);
        reject(new OfflineError());
        this.#lost(socket);
      }, requestTimeoutMs);
      this.#waiting.set(ref, { resolve, reject, timer });
      try {
        socket.send(encodeFrame({ ...frame, ref }));
      } catch (cause) {
        clearTimeout(timer);
        this.#waiting.delete(ref);
        reject(new OfflineError({ cause }));
      }
    });
  }

  #connect(): void {
    this.#events.connection({ state: 'connecting', retryAt: null });
    let socket: SocketLike;
    try {
      socket = this.#create();
    } catch {
      this.#scheduleRetry();
      return;
    }
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => void this.#hello(socket);
    socket.onmessage = ({ data }) => this.#receive(socket, data);
    socket.onerror = () => {};
    socket.onclose = ({ code }) => this.#lost(socket, code);
  }

  async #hello(socket: SocketLike): Promise<void> {
    try {
      const answer = await this.#send({ type: 'hello', version: wireVersion });
      if (answer.type !== 'hello_ok' || this.#socket !== socket) throw new OfflineError();
      this.#online = true;
      this.#backoff.reset();
      this.#heartbeat = setInterval(() => this.#checkAlive(), limits.heartbeatMs);
      this.#events.hello(answer);
      this.#events.connection({ state: 'online', retryAt: null });
    } catch {
      this.#lost(socket);
    }
  }

  #receive(socket: SocketLike, data: unknown): void {
    if (this.#socket !== socket) return;
    this.#heardAt = Date.now();
    let frame: ServerFrame;
    try {
      frame = decodeServerFrame(new Uint8Array(data as ArrayBuffer));
    } catch {
      // A frame that does not fit cannot be told from a lost one: start over, and the pulls fill what is missing.
      this.#lost(socket);
      return;
    }
    if (!('ref' in frame)) {
      this.#events.push(frame);
      return;
    }
    const waiting = frame.ref === null ? undefined : this.#waiting.get(frame.ref);
    if (waiting === undefined || frame.ref === null) return;
    this.#waiting.delete(frame.ref);
    clearTimeout(waiting.timer);
    if (frame.type === 'error') waiting.reject(new ProtocolError(frame.code, frame.detail));
    else waiting.resolve(frame);
  }

  #checkAlive(): void {
    const silentMs = Date.now() - this.#heardAt;
    if (silentMs > 2 * limits.heartbeatMs && this.#socket !== null) this.#lost(this.#socket);
    else this.#send({ type: 'ping' }).catch(() => {});
  }

  #drop(code?: number): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#online = false;
    clearInterval(this.#heartbeat);
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(new OfflineError());
    }
    this.#waiting.clear();
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    try {
      socket.close(code);
    } catch {
      // It never opened; there is nothing to close.
    }
  }

  #lost(socket: SocketLike, code?: number): void {
    if (this.#socket !== socket) return;
    this.#drop();
    const final = code === undefined ? undefined : finalCodes[code];
    if (final !== undefined) {
      this.#running = false;
      this.#events.connection({ state: 'offline', retryAt: null });
      this.#events.ended(final);
    } else if (this.#running) {
      this.#scheduleRetry();
    }
  }

  #scheduleRetry(): void {
    const waitMs = this.#backoff.nextMs();
    this.#events.connection({ state: 'offline', retryAt: Date.now() + waitMs });
    this.#retry = setTimeout(() => this.#connect(), waitMs);
  }
}
