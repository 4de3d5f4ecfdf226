import { EventEmitter } from 'node:events';
import {
  type AccountId,
  type DeviceId,
  decodeServerFrame,
  encodeFrame,
  type RoomId,
  type RoomState,
  type Seq,
  type ServerFrame,
  type SessionId,
} from '@undertone/protocol';
import { beforeEach, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { serverLimits } from '../server-limits.ts';
import { Connection } from './connection.ts';

const turnEnd = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A peer that takes what is written, or not. */
class Peer extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  closedWith: number | undefined;
  readonly #written: Buffer[] = [];
  readonly _socket = this;

  write(bytes: Buffer, done: () => void): void {
    this.#written.push(bytes);
    done();
  }

  get writtenBytes(): number {
    return this.#written.reduce((total, { length }) => total + length, 0);
  }

  close(code: number): void {
    this.closedWith = code;
  }

  terminate(): void {
    this.readyState = 3;
  }

  /** It has read all that waited. */
  drain(): void {
    this.bufferedAmount = 0;
    this.emit('drain');
  }

  /** What it was sent since it was asked for last. */
  async frames(): Promise<ServerFrame[]> {
    await turnEnd();
    const bytes = Buffer.concat(this.#written.splice(0));
    const frames: ServerFrame[] = [];
    for (let at = 0; at < bytes.length; ) {
      const short = bytes[at + 1] ?? 0;
      const head = short < 126 ? 2 : 4;
      const size = short < 126 ? short : bytes.readUInt16BE(at + 2);
      frames.push(decodeServerFrame(new Uint8Array(bytes.subarray(at + head, at + head + size))));
      at += head + size;
    }
    return frames;
  }
}

const room = crypto.randomUUID() as RoomId;
const account = crypto.randomUUID() as AccountId;
const seq = (n: number) => n as Seq;
const entries = encodeFrame({ type: 'entries', room, entries: [] });
const pushed = { type: 'entries', room, entries: [] };

const state = (head: number): RoomState => ({
  id: room,
  kind: 'public',
  slug: 'busy',
  name: 'Busy',
  topic: '',
  policy: 'shared',
  generation: 1 as never,
  epoch: 0 as never,
  head: seq(head),
  emptiedSeq: seq(0),
  joinedSeq: seq(0),
  inGroup: true,
  pendingRemovals: [],
  welcome: false,
  createdAt: 0,
});

let peer: Peer;
let connection: Connection;

beforeEach(() => {
  peer = new Peer();
  const socket = peer as unknown as WebSocket;
  connection = new Connection(socket, { account, device: crypto.randomUUID() as DeviceId }, 'session' as SessionId);
  connection.hold(room);
});

const greet = (head: number) =>
  connection.greet({
    type: 'hello_ok',
    ref: 0,
    account,
    device: connection.device,
    now: 0,
    rooms: [state(head)],
  });

it('entries that come before the room was told are held, and those that its state has seen are dropped', async () => {
  connection.entries(room, seq(4), entries);
  connection.entries(room, seq(5), entries);
  greet(4);
  expect((await peer.frames()).map(({ type }) => type)).toEqual(['hello_ok', 'entries']);
});

it('L6 what comes late and stands before the told head is not pushed', async () => {
  greet(4);
  await peer.frames();
  connection.entries(room, seq(4), entries);
  expect(await peer.frames()).toEqual([]);
  connection.entries(room, seq(5), entries);
  expect(await peer.frames()).toEqual([pushed]);
});

it('L8 of more than a few held frames only the head is told', async () => {
  for (let n = 1; n <= serverLimits.heldFramesPerRoom + 2; n += 1) connection.entries(room, seq(n), entries);
  greet(3);
  const [, ...rest] = await peer.frames();
  expect(rest).toEqual([{ type: 'head', room, seq: serverLimits.heldFramesPerRoom + 2 }]);
  connection.entries(room, seq(200), entries);
  expect(await peer.frames()).toEqual([pushed]);
});

it('L8 with too much waiting nothing is pushed until it was taken; then heads are told, and pushes go on', async () => {
  greet(0);
  await peer.frames();
  peer.bufferedAmount = serverLimits.pushBufferMaxBytes + 1;
  connection.entries(room, seq(1), entries);
  peer.bufferedAmount = 1;
  connection.entries(room, seq(2), entries);
  expect(await peer.frames()).toEqual([]);
  peer.drain();
  expect(await peer.frames()).toEqual([{ type: 'head', room, seq: 2 }]);
  connection.entries(room, seq(3), entries);
  expect(await peer.frames()).toEqual([pushed]);
});

it('L8 what this turn has written counts as waiting', async () => {
  greet(0);
  await peer.frames();
  const at = { room, generation: 1 as never, epoch: 0 as never, seq: seq(0) };
  const large = encodeFrame({ type: 'group', ref: 1, ...at, groupInfo: new Uint8Array(50_000) });
  while (connection.waitingBytes <= serverLimits.pushBufferMaxBytes) connection.sendBytes(large);
  connection.entries(room, seq(1), entries);
  expect(new Set((await peer.frames()).map(({ type }) => type))).toEqual(new Set(['group']));
  peer.drain();
  expect(await peer.frames()).toEqual([{ type: 'head', room, seq: 1 }]);
});

it('L8 a room that was left while one was behind is not told of', async () => {
  greet(0);
  await peer.frames();
  peer.bufferedAmount = serverLimits.pushBufferMaxBytes + 1;
  connection.entries(room, seq(1), entries);
  connection.drop(room);
  peer.drain();
  expect(await peer.frames()).toEqual([]);
});

it('L8 presence that changed while one was behind is told once, as it is then; not of those watched no more', async () => {
  greet(0);
  await peer.frames();
  const other = crypto.randomUUID() as AccountId;
  peer.bufferedAmount = serverLimits.pushBufferMaxBytes + 1;
  connection.presence(new Map([[other, 'online']]));
  connection.presence(new Map([[other, 'away']]));
  peer.drain();
  expect(await peer.frames()).toEqual([{ type: 'presence', online: [], away: [other], offline: [], unknown: [] }]);
  peer.bufferedAmount = serverLimits.pushBufferMaxBytes + 1;
  connection.presence(new Map([[other, 'online']]));
  connection.forgetPresence();
  peer.drain();
  expect(await peer.frames()).toEqual([]);
});

it('L8 who asks for more than it reads is closed with 4408', async () => {
  greet(0);
  peer.bufferedAmount = serverLimits.socketBufferMaxBytes + 1;
  await connection.answer({ type: 'pong', ref: 1 });
  expect(peer.closedWith).toBe(4408);
});

it('S1 a signal goes with much that leaves in the same turn, and not to a peer that is behind', async () => {
  greet(0);
  const large = new Uint8Array(serverLimits.signalBufferMaxBytes * 2);
  connection.sendBytes(large);
  connection.signal(room, entries);
  await turnEnd();
  expect(peer.writtenBytes).toBeGreaterThan(large.length + entries.length);
  const before = peer.writtenBytes;
  peer.bufferedAmount = serverLimits.signalBufferMaxBytes + 1;
  connection.signal(room, entries);
  await turnEnd();
  expect(peer.writtenBytes).toBe(before);
});
