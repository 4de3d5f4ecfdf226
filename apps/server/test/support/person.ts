import { createHash, randomBytes, randomUUID, sign } from 'node:crypto';
import {
  type AccountId,
  type DeviceId,
  deviceProofBytes,
  type EntryId,
  type Epoch,
  type FoundingLast,
  foundingBytes,
  type Generation,
  type GroupInfoPatch,
  type Me,
  type RoomDirectory,
  type RoomId,
  type Seq,
  type ServerFrameOf,
  toBase64url,
} from '@undertone/protocol';
import { type DeviceKey, makeDevice, type RootOf, rootEntry } from './device-key.ts';
import { HttpClient } from './http-client.ts';
import { type GroupInfoParts, groupInfoBytes } from './mls-bytes.ts';
import { SocketClient } from './socket-client.ts';

export const goodPassword = 'Correct horse 9';

export const blob = (size = 64): Uint8Array<ArrayBuffer> => new Uint8Array(randomBytes(size));
export const entryId = (): EntryId => randomUUID() as EntryId;
export const at = (generation: number, epoch: number): { generation: Generation; epoch: Epoch } => ({
  generation: generation as Generation,
  epoch: epoch as Epoch,
});

/** Group ids name the kind of their room. */
const threads = new Set<RoomId>();

let names = 0;

/** A username that nobody in this process has had. */
export const freshName = (prefix = 'person'): string => {
  names += 1;
  // Digits look like letters (A1); these letters look like none of the others.
  return `${prefix}-${[...String(names)].map((digit) => 'bcdfghkpst'[Number(digit)]).join('')}`;
};

/** Someone with a browser: signed in, with a device, on the socket. Groups are made of random bytes, group infos of signed ones: the server cannot tell. */
export class Person {
  readonly http: HttpClient;
  me!: Me;
  key: DeviceKey = makeDevice();
  socket!: SocketClient;
  hello!: ServerFrameOf<'hello_ok'>;

  constructor(origin: string, headers: Readonly<Record<string, string>> = {}) {
    this.http = new HttpClient(origin, headers);
  }

  static async signUp(origin: string, name = freshName()): Promise<Person> {
    const person = new Person(origin);
    await person.signUp(name);
    return person;
  }

  /** Signed up, with a device, connected. */
  static async online(origin: string, name?: string): Promise<Person> {
    const person = await Person.signUp(origin, name);
    await person.registerDevice();
    await person.connect();
    return person;
  }

  async signUp(username: string): Promise<void> {
    this.me = await this.http.ok<Me>('POST', '/accounts', { username, password: goodPassword });
  }

  get account(): AccountId {
    return this.me.account.id;
  }

  /** Whom its key log is for. */
  get owner(): RootOf {
    return { account: this.account, username: this.me.account.username };
  }

  get device(): DeviceId {
    return this.key.device;
  }

  async registerDevice(startAnew = false): Promise<Me> {
    this.me = await this.http.ok<Me>('POST', '/devices', this.registration(startAnew));
    return this.me;
  }

  registration(startAnew = false): Record<string, unknown> {
    return {
      device: this.key.device,
      signatureKey: toBase64url(this.key.publicKey),
      logEntry: toBase64url(rootEntry(this.owner, this.key)),
      startAnew,
    };
  }

  proof(): string {
    return toBase64url(sign(null, deviceProofBytes(this.me.session, this.device), this.key.privateKey));
  }

  async connect(): Promise<SocketClient> {
    this.socket = await new SocketClient(this.http.origin, this.http.cookie, this.http.headers).opened();
    this.hello = await this.socket.hello();
    return this.socket;
  }

  async lobby(): Promise<RoomId> {
    const { rooms } = await this.http.ok<RoomDirectory>('GET', '/rooms');
    const lobby = rooms.find((room) => room.slug === 'lobby');
    if (!lobby) throw new Error('no lobby');
    return lobby.id;
  }

  async room(name: string): Promise<RoomId> {
    return (await this.http.ok<{ id: RoomId }>('POST', '/rooms', { name })).id;
  }

  async join(room: RoomId): Promise<void> {
    await this.http.ok('POST', `/rooms/${room}/membership`);
  }

  async leave(room: RoomId): Promise<void> {
    await this.http.ok('DELETE', `/rooms/${room}/membership`);
  }

  send(
    room: RoomId,
    where: { generation: Generation; epoch: Epoch },
    id = entryId(),
    kind: 'message' | 'link' = 'message',
  ) {
    return this.socket.request<'ack'>({ type: 'send', room, ...where, id, kind, body: blob() });
  }

  /** A group info of the room's group, by its own device. */
  groupInfo(
    room: RoomId,
    { generation, epoch }: { generation: Generation; epoch: Epoch },
    parts?: GroupInfoParts,
  ): Uint8Array<ArrayBuffer> {
    const kind = threads.has(room) ? 'thread' : 'public';
    return groupInfoBytes({ room, generation, epoch, kind }, this.key.privateKey, parts);
  }

  /** What it says of a group that it founds, signed. */
  founding(
    room: RoomId,
    generation: Generation,
    last: FoundingLast = null,
    groupInfo = this.groupInfo(room, { generation, epoch: 0 as Epoch }),
  ) {
    const authenticator = blob(32);
    const groupInfoHash = new Uint8Array(createHash('sha256').update(groupInfo).digest());
    const signed = foundingBytes({ room, generation, last, groupInfoHash, authenticator });
    const signature = new Uint8Array(sign(null, signed, this.key.privateKey));
    return { room, generation, groupInfo, authenticator, last, signature };
  }

  found(room: RoomId, generation = 1, id = entryId(), last: FoundingLast = null) {
    const founding = this.founding(room, generation as Generation, last);
    return this.socket.request<'ack'>({ type: 'found', id, ...founding });
  }

  report(room: RoomId, seq: number) {
    return this.socket.request<'done'>({ type: 'report', room, seq: seq as Seq, reason: 'invalid_commit' });
  }

  commit(
    room: RoomId,
    where: { generation: Generation; epoch: Epoch },
    change: {
      added?: DeviceId[];
      removed?: DeviceId[];
      external?: boolean;
      welcome?: Uint8Array<ArrayBuffer>;
      groupInfo?: Uint8Array<ArrayBuffer>;
      groupInfoPatch?: GroupInfoPatch;
      id?: EntryId;
    } = {},
  ) {
    const { added = [], removed = [], external = false, id = entryId(), groupInfoPatch } = change;
    const next = { ...where, epoch: (where.epoch + 1) as Epoch };
    const groupInfo = change.groupInfo ?? this.groupInfo(room, next);
    const welcome = change.welcome ?? (!external && added.length > 0 ? blob() : undefined);
    return this.socket.request<'ack'>({
      type: 'commit',
      room,
      ...where,
      id,
      external,
      commit: blob(200),
      ...(welcome === undefined ? {} : { welcome }),
      ...(groupInfoPatch === undefined ? { groupInfo } : { groupInfoPatch }),
      added,
      removed,
      authenticator: blob(32),
    });
  }

  /** Enter the room's group from outside. */
  enter(room: RoomId, where: { generation: Generation; epoch: Epoch }, removed: DeviceId[] = []) {
    return this.commit(room, where, { external: true, added: [this.device], removed });
  }

  createThread(others: Person[], room = crypto.randomUUID() as RoomId, id = entryId()) {
    threads.add(room);
    return this.socket.request<'ack'>({
      type: 'create_thread',
      room,
      id,
      members: others.map((other) => other.account),
      commit: blob(200),
      welcome: blob(300),
      groupInfo: this.groupInfo(room, at(1, 1)),
      added: others.map((other) => other.device),
      authenticator: blob(32),
    });
  }
}

/** The code that a request was refused with; fails where it was not refused. */
export async function codeOf(refused: Promise<unknown>): Promise<string> {
  try {
    await refused;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return String(error.code);
    throw error;
  }
  throw new Error('it was not refused');
}
