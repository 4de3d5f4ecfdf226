import { randomUUID } from 'node:crypto';
import {
  type AccountId,
  type ClientFrame,
  decodeServerFrame,
  type EntryId,
  type Epoch,
  encodeFrame,
  type Generation,
  type LogEntry,
  limits,
  type RoomId,
  type Seq,
  type ServerFrame,
  type ServerFrameOf,
  wireVersion,
} from '@undertone/protocol';
import { LightSocket } from './light-socket.ts';
import { groupAt, type Person } from './population.ts';
import { type Member, type Sink, stampOf } from './target.ts';

const at = { generation: groupAt.generation as Generation, epoch: groupAt.epoch as Epoch };
const textOf = (body: Uint8Array): string =>
  Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');

const stampsOf = (entries: readonly LogEntry[]): number[] =>
  entries.map((entry) => ('body' in entry ? stampOf(textOf(entry.body)) : Number.NaN));

interface Waiting {
  resolve(frame: ServerFrame): void;
  reject(error: Error): void;
}

interface Read {
  readonly bytes: Buffer;
  readonly frame: ServerFrame;
  readonly stamps: readonly number[];
}

/** So much of a frame tells which flush it is of: its room and its first entry. */
const keyBytes = 160;
const unread: Read = { bytes: Buffer.alloc(0), frame: { type: 'pong', ref: 0 }, stamps: [] };
const maxRecent = 256;
/** The type is the first field. */
const typeBytes = 16;

/** Frames read of late. All receivers of a flush get the same bytes: they are decoded and checked once, and compared. */
class RecentFrames {
  readonly #recent = new Map<string, Read>();

  read(bytes: Buffer): Read {
    // Who came and went, which nothing here needs: unread, so that the generator keeps up with a crowd.
    if (bytes.toString('latin1', 0, typeBytes).includes('presence')) return unread;
    const key = bytes.toString('latin1', 0, keyBytes);
    const known = this.#recent.get(key);
    if (known?.bytes.equals(bytes)) return known;
    const frame = decodeServerFrame(new Uint8Array(bytes));
    if (frame.type !== 'entries') return { bytes, frame, stamps: [] };
    const read = { bytes, frame, stamps: stampsOf(frame.entries) };
    this.#recent.set(key, read);
    const [oldest] = this.#recent.keys();
    if (this.#recent.size > maxRecent && oldest !== undefined) this.#recent.delete(oldest);
    return read;
  }
}

const recentFrames = new RecentFrames();

export interface ConnectOptions {
  readonly origin: string;
  readonly person: Person;
  readonly sink: Sink;
  /** Whose presence is shown (SPEC P3). */
  readonly watched?: readonly AccountId[];
  /** The address of this machine that it connects from. */
  readonly localAddress?: string;
}

/** One device on the socket, which checks that every room's entries come in order and without a gap. */
export class UndertoneMember implements Member {
  readonly #socket: LightSocket;
  readonly #sink: Sink;
  readonly #waiting = new Map<number, Waiting>();
  readonly #heads = new Map<RoomId, number>();
  /** Rooms that it catches up with, and how far. */
  readonly #pulling = new Map<RoomId, number>();
  #ref = 0;
  /** Where it sends to, in turn. */
  rooms: readonly RoomId[] = [];
  #turn = 0;
  failure: Error | undefined;

  private constructor(socket: LightSocket, sink: Sink) {
    this.#socket = socket;
    this.#sink = sink;
    socket.onMessage = (data) => this.#receive(data);
    socket.onClose = (reason) => this.#fail(new Error(reason));
  }

  /** Connected and greeted; told of the presence of those who are shown. */
  static async connect({ origin, person, sink, watched = [], localAddress }: ConnectOptions): Promise<UndertoneMember> {
    const socket = await LightSocket.open({
      port: Number(new URL(origin).port),
      path: '/api/socket',
      headers: { Origin: origin, Cookie: person.cookie },
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    const member = new UndertoneMember(socket, sink);
    const hello = await member.request({ type: 'hello', ref: member.nextRef(), version: wireVersion });
    if (hello.type !== 'hello_ok') throw new Error(`hello was answered by ${hello.type}`);
    for (const { id, head } of hello.rooms) member.#heads.set(id, head);
    if (watched.length > 0) await member.request({ type: 'watch', ref: member.nextRef(), accounts: [...watched] });
    return member;
  }

  nextRef(): number {
    this.#ref += 1;
    return this.#ref;
  }

  request(frame: ClientFrame): Promise<ServerFrame> {
    if (this.failure) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      this.#waiting.set(frame.ref, { resolve, reject });
      this.#socket.sendBinary(encodeFrame(frame));
    });
  }

  async send(payload: string): Promise<void> {
    const room = this.rooms[this.#turn % this.rooms.length];
    if (room === undefined) throw new Error('in no room');
    this.#turn += 1;
    const body = new Uint8Array(Buffer.from(payload, 'latin1'));
    const id = randomUUID() as EntryId;
    const answer = await this.request({ type: 'send', ref: this.nextRef(), room, ...at, id, kind: 'message', body });
    if (answer.type !== 'ack') throw new Error(`a message was answered by ${JSON.stringify(answer)}`);
  }

  close(): void {
    this.#socket.close();
  }

  #receive(data: Buffer): void {
    const { frame, stamps } = recentFrames.read(data);
    if (frame.type === 'head') {
      void this.#catchUp(frame).catch((error) => this.#fail(error));
      return;
    }
    if (frame.type === 'entries') {
      const last = frame.entries.at(-1)?.seq ?? 0;
      if (this.#pulling.has(frame.room)) this.#pulling.set(frame.room, last);
      else {
        this.#follow(frame);
        this.#sink(stamps);
      }
      return;
    }
    if (!('ref' in frame) || frame.ref === null) return;
    const waiting = this.#waiting.get(frame.ref);
    this.#waiting.delete(frame.ref);
    if (frame.type === 'error') waiting?.reject(new Error(`refused: ${frame.code} ${JSON.stringify(frame.detail)}`));
    else waiting?.resolve(frame);
  }

  /** SPEC L8: what was not pushed is pulled, and so is what is pushed meanwhile. */
  async #catchUp({ room, seq }: ServerFrameOf<'head'>): Promise<void> {
    const isPulling = this.#pulling.has(room);
    this.#pulling.set(room, seq);
    for (let head = 0; !isPulling && head < (this.#pulling.get(room) ?? 0); head = this.#heads.get(room) ?? 0) {
      const after = (this.#heads.get(room) ?? 0) as Seq;
      const page = await this.request({ type: 'pull', ref: this.nextRef(), room, after, limit: limits.pageMaxEntries });
      if (page.type !== 'page' || page.entries.length === 0) throw new Error(`a pull was answered by ${page.type}`);
      this.#follow(page);
      this.#sink(stampsOf(page.entries));
    }
    if (!isPulling) this.#pulling.delete(room);
  }

  #follow({ room, entries }: Pick<ServerFrameOf<'entries'>, 'room' | 'entries'>): void {
    const head = this.#heads.get(room) ?? 0;
    const first = entries[0]?.seq ?? 0;
    if (first !== head + 1) this.#fail(new Error(`a gap in ${room}: ${first} after ${head}`));
    this.#heads.set(room, entries.at(-1)?.seq ?? head);
  }

  #fail(error: Error): void {
    this.failure ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
