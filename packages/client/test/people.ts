import {
  type AccountId,
  type ClientFrame,
  decodeClientFrame,
  decodeServerFrame,
  type EntryId,
  encodeFrame,
  type RoomId,
  type ServerFrame,
} from '@undertone/protocol';
import { startTestServer, type TestServer, type TestServerOptions } from '@undertone/server/testing';
import { WebSocket } from 'ws';
import { MemoryFileStore } from '../src/files/memory-file-store.ts';
import {
  ClientCore,
  type CoreEvent,
  RestClient,
  type RoomView,
  type Snapshot,
  type SocketLike,
  type TimelineRow,
} from '../src/index.ts';
import { MemoryVaults } from './memory-vaults.ts';

const patienceMs = 15_000;

/** An id for something to say. */
export const newEntryId = (): EntryId => crypto.randomUUID() as EntryId;

/** A person at a browser: a cookie jar, a profile's storage, the core, and the views as a tab would hold them. */
export class Person {
  readonly name: string;
  readonly origin: string;
  readonly vaults = new MemoryVaults();
  readonly files = new MemoryFileStore();
  readonly rest: RestClient;
  readonly rows = new Map<RoomId, Map<string, TimelineRow>>();
  core: ClientCore;
  snapshot: Snapshot | null = null;
  /** Frames as they went over the wire, both ways. */
  readonly wire: Uint8Array[] = [];
  /** Who was seen typing, each time. */
  readonly typed: AccountId[] = [];
  online = true;
  /** A lying server: what comes instead of a frame. */
  incoming: (frame: ServerFrame) => readonly ServerFrame[] = (frame) => [frame];
  /** A malicious member: what goes instead of a frame. */
  outgoing: (frame: ClientFrame) => ClientFrame = (frame) => frame;
  /** A lying server: what a REST call answers. */
  answer: (path: string, body: unknown) => unknown | Promise<unknown> = (_path, body) => body;
  #deliver: ((frame: ServerFrame) => void) | null = null;
  readonly #sockets = new Set<WebSocket>();
  readonly #changed = new Set<() => void>();
  #cookie = '';
  readonly #via: string;

  /** `via`: the address by which the server is reached, where it is not its own. */
  constructor(origin: string, name: string, via = origin) {
    this.origin = origin;
    this.name = name;
    this.#via = via;
    this.rest = new RestClient(via, async (url, init) => {
      if (!this.online) throw new TypeError('no network');
      const headers = { ...(init.headers as Record<string, string>), cookie: this.#cookie, origin };
      const response = await fetch(url, { ...init, headers });
      for (const cookie of response.headers.getSetCookie()) this.#cookie = cookie.split(';')[0] ?? '';
      if (!response.ok || !response.headers.get('content-type')?.startsWith('application/json')) return response;
      return Response.json(await this.answer(new URL(url).pathname, await response.json()));
    });
    this.core = this.#newCore();
  }

  #newCore(): ClientCore {
    const core = new ClientCore({
      rest: this.rest,
      vaults: this.vaults,
      createSocket: () => this.#createSocket(),
      openFileStore: async () => this.files,
      uploadHeaders: () => ({ cookie: this.#cookie, origin: this.origin }),
    });
    core.subscribe((event) => {
      if (core !== this.core) return;
      this.#apply(event);
      for (const check of [...this.#changed]) check();
    });
    return core;
  }

  #createSocket(): SocketLike {
    if (!this.online) throw new TypeError('no network');
    const url = `${this.#via.replace('http', 'ws')}/api/socket`;
    const socket = new WebSocket(url, { headers: { cookie: this.#cookie, origin: this.origin } });
    this.#sockets.add(socket);
    socket.on('message', (data: Buffer) => this.wire.push(new Uint8Array(data)));
    const send = socket.send.bind(socket) as (data: Uint8Array) => void;
    socket.send = ((data: Uint8Array) => {
      this.wire.push(data);
      send(encodeFrame(this.outgoing(decodeClientFrame(data))));
    }) as typeof socket.send;
    const like = socket as unknown as SocketLike;
    Object.defineProperty(like, 'onmessage', {
      set: (listener: SocketLike['onmessage']) => {
        this.#deliver = (frame) => listener?.({ data: encodeFrame(frame) });
      },
    });
    socket.on('message', (data: Buffer) => {
      for (const frame of this.incoming(decodeServerFrame(new Uint8Array(data)))) this.#deliver?.(frame);
    });
    return like;
  }

  /** Have the client receive a frame that the server did not send. */
  receive(frame: ServerFrame): void {
    this.#deliver?.(frame);
  }

  #apply(event: CoreEvent): void {
    if (event.type === 'snapshot') {
      this.snapshot = event.snapshot;
      return;
    }
    if (event.type === 'typing') this.typed.push(event.account);
    if (this.snapshot === null) return;
    if (event.type === 'rooms') {
      const changed = new Set([...event.rooms.map((room) => room.id), ...event.removed]);
      const others = this.snapshot.rooms.filter((room) => !changed.has(room.id));
      this.snapshot = { ...this.snapshot, rooms: [...others, ...event.rooms] };
      for (const room of event.removed) this.rows.delete(room);
    } else if (event.type === 'timeline') {
      const rows = this.rows.get(event.change.room) ?? new Map<string, TimelineRow>();
      this.rows.set(event.change.room, rows);
      for (const row of event.change.rows) rows.set(row.key, row);
      for (const { key } of event.change.removed) rows.delete(key);
    } else if (event.type === 'transfers') {
      const changed = new Set([...event.transfers.map(({ id }) => id), ...event.ended]);
      const others = this.snapshot.transfers.filter(({ id }) => !changed.has(id));
      this.snapshot = { ...this.snapshot, transfers: [...others, ...event.transfers] };
    } else if (event.type === 'connection') {
      this.snapshot = { ...this.snapshot, connection: event.connection };
    } else if (event.type === 'people') {
      const changed = new Set(event.people.map((person) => person.id));
      const others = this.snapshot.people.filter((person) => !changed.has(person.id));
      this.snapshot = { ...this.snapshot, people: [...others, ...event.people] };
    }
  }

  /** Wait until `find` gives something, looking at every change. */
  async until<T>(what: string, find: () => T | undefined | false | null): Promise<T> {
    const found = find();
    if (found) return found;
    return await new Promise((resolve, reject) => {
      const check = () => {
        const now = find();
        if (!now) return;
        clearTimeout(timer);
        this.#changed.delete(check);
        resolve(now);
      };
      const timer = setTimeout(() => {
        this.#changed.delete(check);
        reject(new Error(`${this.name}: timed out waiting for ${what}; phase ${this.snapshot?.session.phase}`));
      }, patienceMs);
      this.#changed.add(check);
    });
  }

  get id(): AccountId {
    const id = this.snapshot?.session.me?.id;
    if (id === undefined) throw new Error(`${this.name} is not signed in`);
    return id;
  }

  async signUp(): Promise<this> {
    await this.rest.signUp({ username: this.name, password: 'Quiet-river-42' });
    await this.core.sessionChanged();
    return this;
  }

  async signIn(): Promise<this> {
    await this.rest.signIn({ username: this.name, password: 'Quiet-river-42' });
    await this.core.sessionChanged();
    return this;
  }

  /** The same profile after a reload: a new core over the same storage and cookies. */
  async reload(): Promise<void> {
    this.core.close();
    this.files.release();
    this.rows.clear();
    this.snapshot = null;
    this.core = this.#newCore();
    await this.core.sessionChanged();
  }

  /** Cut the network off, or give it back. */
  setOnline(online: boolean): void {
    this.online = online;
    if (!online) for (const socket of this.#sockets) socket.terminate();
    else void this.core.reconnect();
  }

  findRoom(find: (room: RoomView) => boolean): RoomView | undefined {
    return this.snapshot?.rooms.find(find);
  }

  /** Wait for a room that is ready to be written in. */
  async ready(find: (room: RoomView) => boolean): Promise<RoomView> {
    return await this.until('a room to be ready', () => this.findRoom((room) => find(room) && room.state === 'ready'));
  }

  lobby(): Promise<RoomView> {
    return this.ready((room) => room.slug === 'lobby');
  }

  thread(): Promise<RoomView> {
    return this.ready((room) => room.kind === 'thread');
  }

  /** Load what a timeline shows at first. */
  async open(room: RoomId): Promise<readonly TimelineRow[]> {
    const page = await this.core.openTimeline(room, 200);
    const rows = this.rows.get(room) ?? new Map<string, TimelineRow>();
    this.rows.set(room, rows);
    for (const row of page.rows) rows.set(row.key, row);
    return page.rows;
  }

  shown(room: RoomId): TimelineRow[] {
    return [...(this.rows.get(room)?.values() ?? [])].sort((a, b) => a.order - b.order);
  }

  texts(room: RoomId): string[] {
    return this.shown(room).flatMap((row) => (row.kind === 'message' ? [row.text] : []));
  }

  /** Why rows cannot be read, in order. */
  unreadable(room: RoomId): string[] {
    return this.shown(room).flatMap((row) => (row.kind === 'unreadable' ? [row.reason] : []));
  }

  /** What is told of the room's keys and members, in order. */
  security(room: RoomId): string[] {
    return this.shown(room).flatMap((row) => (row.kind === 'security' ? [row.event] : []));
  }

  /** Say something and wait until the server has it. */
  async say(room: RoomId, text: string): Promise<void> {
    const id = await this.core.sendText(room, { id: newEntryId(), text });
    await this.until(`'${text}' to be sent`, () =>
      this.shown(room).find((row) => row.kind === 'message' && row.id === id && row.delivery === 'sent'),
    );
  }

  /** Wait until `text` can be read here. */
  async reads(room: RoomId, text: string): Promise<void> {
    await this.until(`to read '${text}'`, () => this.texts(room).includes(text));
  }

  close(): void {
    this.core.close();
    for (const socket of this.#sockets) socket.terminate();
  }
}

/** A server with people at it, for one test. */
export async function world(options?: TestServerOptions): Promise<{
  server: TestServer;
  person(name: string, via?: string): Person;
  close(): Promise<void>;
}> {
  const server = await startTestServer(options);
  const people: Person[] = [];
  return {
    server,
    person: (name, via) => {
      const person = new Person(server.origin, name, via);
      people.push(person);
      return person;
    },
    close: async () => {
      for (const person of people) person.close();
      await server.close();
    },
  };
}
