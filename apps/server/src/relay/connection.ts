import { randomUUID } from 'node:crypto';
import {
  type AccountId,
  type DeviceId,
  type ErrorCode,
  encodeFrame,
  errorTable,
  type RoomId,
  type RoomState,
  type Seq,
  type ServerFrame,
  type SessionId,
} from '@undertone/protocol';
import type { WebSocket } from 'ws';
import { catchUps, refused, slowReaders } from '../metrics/instruments.ts';
import { presenceFrame, type SharedPresenceChanges, type SharedPresenceState } from '../presence/presence-store.ts';
import { serverLimits } from '../server-limits.ts';
import type { Sender } from './sender.ts';
import { SocketWrites } from './socket-writes.ts';

/** Closes a socket, in the end without its peer: one that is gone would hold up the server's own end. */
export function closeSoon(socket: WebSocket, code: number | undefined, reason: string): void {
  socket.close(code, reason);
  setTimeout(() => socket.terminate(), serverLimits.closeTimeoutMs).unref();
}

interface Held {
  readonly lastSeq: Seq;
  /** Null where more came than is held: the client is told how far the log goes. */
  readonly bytes: Uint8Array | null;
}

/**
 * One socket of a signed-in device, as the hub sees it. A room whose state has not been told yet (at hello, or after joining) holds
 * its entries back, so that the client gets its state first and then exactly the entries after the state's head.
 *
 * A peer that does not take what is pushed is switched to catching up (SPEC L8): from then on only the heads of its rooms are kept,
 * and told once it has taken what waits; it pulls what it missed, and pushes go on. So what waits for it here is bounded: by what may be
 * pushed before that, and the answers to what it asks for itself.
 */
export class Connection implements Sender {
  /** Names this socket among those of all server processes. */
  readonly id = randomUUID();
  readonly account: AccountId;
  readonly device: DeviceId;
  readonly session: SessionId;
  /** Whether the account may be seen, where that was changed since this socket opened (SPEC P2). */
  visible: boolean | undefined;
  readonly #socket: WebSocket;
  readonly #writes: SocketWrites;
  /** What is held of each room; where entries are passed on at once, the head that was told with its state. */
  readonly #rooms = new Map<RoomId, Held[] | Seq>();
  /** While it catches up: how far the logs went that were not pushed. */
  #missed: Map<RoomId, Seq> | undefined;
  /** While it catches up: the newest presence of those whose change was not told. */
  #unseen: Map<AccountId, SharedPresenceState> | undefined;
  #greeted = false;
  /** Frames that are not of a room, which wait for `hello_ok`. */
  #early: Uint8Array[] = [];

  constructor(socket: WebSocket, sender: Sender, session: SessionId) {
    this.#socket = socket;
    this.#writes = new SocketWrites(socket);
    this.account = sender.account;
    this.device = sender.device;
    this.session = session;
  }

  get greeted(): boolean {
    return this.#greeted;
  }

  /** Bytes that wait for the peer in this process. */
  get waitingBytes(): number {
    return this.#writes.waitingBytes;
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
    return new Promise((resolve) => this.#writes.write(encodeFrame(frame), resolve));
  }

  /** Pass on an encoded frame. The bytes may be shared with other sockets: nobody changes them. */
  sendBytes(bytes: Uint8Array): void {
    if (this.#mayWrite()) this.#writes.write(bytes);
  }

  /** A frame for everyone: waits until this socket has been greeted. */
  broadcast(bytes: Uint8Array): void {
    if (this.#greeted) this.sendBytes(bytes);
    else this.#early.push(bytes);
  }

  /** From now on hold the room's entries, until `tellRoom` or `greet`. */
  hold(room: RoomId): void {
    if (!Array.isArray(this.#rooms.get(room))) this.#rooms.set(room, []);
  }

  drop(room: RoomId): void {
    this.#rooms.delete(room);
  }

  entries(room: RoomId, lastSeq: Seq, bytes: Uint8Array): void {
    const held = this.#rooms.get(room);
    if (held === undefined) return;
    // What comes late from another process stands before the told head: known, or not to be read by who came after it (SPEC L6).
    if (!Array.isArray(held)) {
      if (lastSeq > held) this.#push(room, lastSeq, bytes);
    } else if (held.length < serverLimits.heldFramesPerRoom && held[0]?.bytes !== null) held.push({ lastSeq, bytes });
    else held.splice(0, held.length, { lastSeq, bytes: null });
  }

  /** SPEC P3: tell of those it watches; what changes while it catches up is told afterwards, as it is then. */
  presence(changes: SharedPresenceChanges): void {
    if (this.#missed === undefined && this.#writes.waitingBytes <= serverLimits.pushBufferMaxBytes) {
      this.send(presenceFrame(changes));
      return;
    }
    this.#fallBehind();
    this.#unseen = new Map([...(this.#unseen ?? []), ...changes]);
  }

  /** What it watches has changed: of others there is nothing more to tell. */
  forgetPresence(): void {
    this.#unseen = undefined;
  }

  /** Whether the room's entries are passed on at once: the account is in it, and has been told of it. */
  isLive(room: RoomId): boolean {
    return typeof this.#rooms.get(room) === 'number';
  }

  /** Pass on a signal, unless the room is held or the socket is behind. */
  signal(room: RoomId, bytes: Uint8Array): void {
    if (!this.isLive(room) || this.#writes.unreadBytes > serverLimits.signalBufferMaxBytes) return;
    this.sendBytes(bytes);
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
    refused(code, 'close');
    const row: { closeCode?: number } = errorTable[code];
    this.closeWith(row.closeCode ?? 1011, code);
  }

  closeWith(code: number, reason: string): void {
    this.#writes.flush();
    closeSoon(this.#socket, code, reason);
  }

  /** Pass on a room's entries, or note that they were not. */
  #push(room: RoomId, lastSeq: Seq, bytes: Uint8Array | null): void {
    const behind = this.#missed !== undefined || this.#writes.waitingBytes > serverLimits.pushBufferMaxBytes;
    if (!behind && bytes !== null) this.sendBytes(bytes);
    else if (!behind) this.send({ type: 'head', room, seq: lastSeq });
    else this.#fallBehind().set(room, lastSeq);
  }

  #fallBehind(): Map<RoomId, Seq> {
    if (this.#missed === undefined) {
      this.#missed = new Map();
      catchUps.inc();
      this.#writes.onceDrained(() => this.#goOn());
    }
    return this.#missed;
  }

  /** The peer has taken what waited. */
  #goOn(): void {
    const [missed, unseen] = [this.#missed ?? [], this.#unseen];
    this.#missed = undefined;
    this.#unseen = undefined;
    for (const [room, seq] of missed) if (this.isLive(room)) this.send({ type: 'head', room, seq });
    if (unseen) this.presence(unseen);
  }

  /** Whether the socket takes more; one that asks for more than it reads is closed. */
  #mayWrite(): boolean {
    if (this.#socket.readyState !== this.#socket.OPEN) return false;
    if (this.#writes.waitingBytes <= serverLimits.socketBufferMaxBytes) return true;
    slowReaders.inc();
    this.close('slow_reader');
    return false;
  }

  #release(state: RoomState): void {
    const held = this.#rooms.get(state.id);
    if (!Array.isArray(held)) return;
    this.#rooms.set(state.id, state.head);
    for (const { lastSeq, bytes } of held) if (lastSeq > state.head) this.#push(state.id, lastSeq, bytes);
  }
}
