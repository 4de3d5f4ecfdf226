import {
  type ClientFrame,
  decodeClientFrame,
  type ErrorCode,
  limits,
  ProtocolError,
  wireVersion,
} from '@undertone/protocol';
import type { WebSocket } from 'ws';
import { TokenBucket } from '../limits/token-bucket.ts';
import { refused } from '../metrics/instruments.ts';
import { serverLimits } from '../server-limits.ts';
import { answer } from './answer.ts';
import type { Connection } from './connection.ts';
import { readRef } from './read-ref.ts';
import type { Relay } from './relay.ts';

/** Requests whose answers can be megabytes. */
const heavy: ReadonlySet<ClientFrame['type']> = new Set(['pull', 'links', 'group', 'welcome']);
/** What writes to a log, or has others judged; these take from the account's bucket. */
const sends: ReadonlySet<ClientFrame['type']> = new Set(['send', 'commit', 'found', 'create_thread', 'report']);

export interface ConversationOptions {
  readonly relay: Relay;
  readonly socket: WebSocket;
  readonly connection: Connection;
  /** Unexpected failures, for the log. */
  readonly onError: (error: unknown, frame: ClientFrame['type']) => void;
  /** True while the server is going: nothing new is begun. */
  readonly isClosing: () => boolean;
}

/** What one socket says and is answered (SPEC T2-T4): hello first, then requests in any number and order. */
export class Conversation {
  readonly #options: ConversationOptions;
  readonly #signals = new TokenBucket(limits.signalBurst, limits.signalPerSecond, Date.now());
  readonly #watches = new TokenBucket(limits.watchBurst, limits.watchPerSecond, Date.now());
  readonly #helloTimer: NodeJS.Timeout;
  #badFrames = 0;
  #load = 0;
  #saidHello = false;
  #closed = false;

  constructor(options: ConversationOptions) {
    this.#options = options;
    this.#helloTimer = setTimeout(() => options.connection.close('bad_frame'), serverLimits.helloTimeoutMs);
  }

  /** The socket is gone. */
  end(): void {
    this.#closed = true;
    clearTimeout(this.#helloTimer);
  }

  /** One message of the socket. Never throws. */
  receive(data: Uint8Array, isBinary: boolean): void {
    if (this.#closed || this.#options.isClosing()) return;
    let frame: ClientFrame;
    try {
      if (!isBinary) throw new ProtocolError('bad_frame');
      frame = decodeClientFrame(data);
      if (frame.type === 'hello' ? this.#saidHello : !this.#saidHello) throw new ProtocolError('bad_frame');
    } catch (error) {
      this.#refuse(isBinary ? readRef(data) : null, error);
      return;
    }
    void this.#serve(frame);
  }

  async #serve(frame: ClientFrame): Promise<void> {
    const { relay, socket, connection, onError } = this.#options;
    const load = heavy.has(frame.type) ? serverLimits.heavyRequestLoad : 1;
    this.#load += load;
    if (this.#load >= serverLimits.loadPerSocket) socket.pause();
    try {
      if (frame.type === 'hello') await this.#hello(frame);
      else {
        this.#limit(frame);
        await connection.answer(await answer(relay, connection, frame));
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) onError(error, frame.type);
      this.#fail(frame.ref, error);
    } finally {
      this.#load -= load;
      if (socket.isPaused && this.#load < serverLimits.loadPerSocket / 2) socket.resume();
    }
  }

  async #hello(frame: ClientFrame & { type: 'hello' }): Promise<void> {
    const { relay, connection } = this.#options;
    this.#saidHello = true;
    clearTimeout(this.#helloTimer);
    if (frame.version !== wireVersion) {
      this.#fail(frame.ref, new ProtocolError('unsupported_version', { version: wireVersion }));
      connection.close('unsupported_version');
      return;
    }
    await relay.hub.greet(connection, frame.ref);
  }

  #limit(frame: ClientFrame): void {
    const retryAfterMs = this.#take(frame.type);
    if (retryAfterMs > 0) throw new ProtocolError('rate_limited', { retryAfterMs });
  }

  /** Returns 0, or after how many milliseconds to try again. */
  #take(type: ClientFrame['type']): number {
    const { relay, connection } = this.#options;
    if (type === 'signal') return this.#signals.take(Date.now());
    if (type === 'watch') return this.#watches.take(Date.now());
    return sends.has(type) ? relay.sendLimits.take(connection.account) : 0;
  }

  #refuse(ref: number | null, error: unknown): void {
    this.#fail(ref, error);
    this.#badFrames += 1;
    if (this.#badFrames >= serverLimits.badFramesPerSocket) this.#options.connection.close('bad_frame');
  }

  #fail(ref: number | null, error: unknown): void {
    const known = error instanceof ProtocolError;
    const code: ErrorCode = known ? error.code : 'internal';
    refused(code, 'socket');
    this.#options.connection.send({ type: 'error', ref, code, detail: known ? { ...error.detail } : {} });
  }
}
