import {
  type AccountId,
  type DeviceId,
  type ErrorCode,
  encodeFrame,
  errorTable,
  limits,
  type RoomId,
  type RoomState,
  type ServerFrame,
  type SessionId,
} from '@undertone/protocol';
import type { WebSocket } from 'ws';
import type { Sender } from './sender.ts';

/** Bytes that may wait in a socket before it counts as a slow reader: the largest that a client is sent, a group info, and then some. */
const maxBufferedBytes = limits.groupInfoMaxBytes + 2 * 1024 * 1024;
/** How long a peer has to answer the closing handshake. */
const closeTimeoutMs = 3_000;

/** Closes a socket, in the end without its peer: one that is gone would hold up the server's own end. */
export function closeSoon(socket: WebSocket, code: number | undefined, reason: string): void {
  socket.close(code, reason);
  setTimeout(() => socket.terminate(), closeTimeoutMs).unref();
}

interface Held {
  readonly lastSeq: number;
  readonly bytes: Uint8Array;
}

/**
 * One socket of a signed-in device, as the hub sees it. A room whose state has not been told yet (at hello, or after joining) holds
 * its entries back, so that the client gets its state first and then exactly the entries after the state's head.
 */
export class Connection implements Sender {
  readonly account: AccountId;
  readonly device: DeviceId;
  readonly session: SessionId;
  readonly #socket: WebSocket;
  /** Null where entries are passed on at once. */
  readonly #rooms = new Map<RoomId, Held[] | null>();
  #greeted = false;
  /** Frames that are not of a room, which wait for `hello_ok`. */
  #early: Uint8Array[] = [];

  constructor(socket: WebSocket, sender: Sender, session: SessionId) {
    this.#socket = socket;
    this.account = sender.account;
    this.device = sender.device;
    this.session = session;
  }

  get greeted(): boolean {
    return this.#greeted;
  }

  get rooms(): Iterable<RoomId> {
    return this.#rooms.keys();
  }

  send(frame: ServerFrame): void {
    this.sendBytes(encodeFrame(frame));
  }

  /** Send an answer; resolves when it has left this process, or never will. */
  answer(frame: ServerFrame): Promise<void> {
    if (!this.#mayWrite()) return Promise.resolve();
    return new Promise((resolve) => this.#socket.send(encodeFrame(frame), () => resolve()));
  }

  /** Pass on an encoded frame. The bytes may be shared with other sockets: nobody changes them. */
  sendBytes(bytes: Uint8Array): void {
    if (this.#mayWrite()) this.#socket.send(bytes);
  }

  /** A frame for everybody: waits until this socket has been greeted. */
  broadcast(bytes: Uint8Array): void {
    if (this.#greeted) this.sendBytes(bytes);
    else this.#early.push(bytes);
  }

  /** From now on hold the room's entries, until `tellRoom` or `greet`. */
  hold(room: RoomId): void {
    if (!this.#rooms.get(room)) this.#rooms.set(room, []);
  }

  drop(room: RoomId): void {
    this.#rooms.delete(room);
  }

  entries(room: RoomId, lastSeq: number, bytes: Uint8Array): void {
    const held = this.#rooms.get(room);
    if (held === undefined) return;
    if (held === null) this.sendBytes(bytes);
    else held.push({ lastSeq, bytes });
  }

  /** Send `hello_ok`, then what has happened since its rooms were read. */
  greet(frame: ServerFrame & { type: 'hello_ok' }): void {
    this.#greeted = true;
    this.send(frame);
    for (const state of frame.rooms) this.#release(state);
    for (const bytes of this.#early) this.sendBytes(bytes);
    this.#early = [];
  }

  /** Tell the state of a room that was joined or has changed, then its held entries. */
  tellRoom(state: RoomState): void {
    if (!this.#rooms.has(state.id)) return;
    this.send({ type: 'room', room: state });
    this.#release(state);
  }

  /** Close for a reason of the error table. */
  close(code: ErrorCode): void {
    const row: { closeCode?: number } = errorTable[code];
    this.closeWith(row.closeCode ?? 1011, code);
  }

  closeWith(code: number, reason: string): void {
    closeSoon(this.#socket, code, reason);
  }

  /** Whether the socket takes more; one whose peer does not read is closed (it catches up when it comes back). */
  #mayWrite(): boolean {
    if (this.#socket.readyState !== this.#socket.OPEN) return false;
    if (this.#socket.bufferedAmount <= maxBufferedBytes) return true;
    this.close('slow_reader');
    return false;
  }

  #release(state: RoomState): void {
    const held = this.#rooms.get(state.id);
    if (!held) return;
    this.#rooms.set(state.id, null);
    for (const { lastSeq, bytes } of held) if (lastSeq > state.head) this.sendBytes(bytes);
  }
}
