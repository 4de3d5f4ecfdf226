import { expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { SocketWrites } from './socket-writes.ts';

/** An open socket that takes everything. */
class Peer {
  readonly OPEN = 1;
  readonly readyState = 1;
  readonly bufferedAmount = 0;
  readonly written: Buffer[] = [];
  readonly _socket = this;
  readonly writes = new SocketWrites(this as unknown as WebSocket);

  write(bytes: Buffer, done: () => void): void {
    this.written.push(bytes);
    done();
  }

  get payloads(): number[][] {
    const bytes = Buffer.concat(this.written);
    const payloads: number[][] = [];
    for (let at = 0; at < bytes.length; ) {
      const size = bytes[at + 1] ?? 0;
      payloads.push([...bytes.subarray(at + 2, at + 2 + size)]);
      at += 2 + size;
    }
    return payloads;
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const [one, two, own] = [new Uint8Array([1, 1]), new Uint8Array([2]), new Uint8Array([9, 9, 9])];

it('what a turn has for a socket leaves by one write, in order', async () => {
  const peer = new Peer();
  peer.writes.write(own);
  peer.writes.write(one);
  peer.writes.write(two);
  expect(peer.written).toHaveLength(0);
  await turn();
  expect(peer.written).toHaveLength(1);
  expect(peer.payloads).toEqual([[9, 9, 9], [1, 1], [2]]);
});

it('sockets that get the same in a turn share its bytes, and one that gets more has its own', async () => {
  const peers = [new Peer(), new Peer(), new Peer(), new Peer()];
  peers[2]?.writes.write(own);
  for (const payload of [one, two]) for (const { writes } of peers) writes.write(payload);
  await turn();
  const [first, second, sender, last] = peers.map(({ written }) => written[0]);
  expect(second).toBe(first);
  expect(last).toEqual(first);
  expect(sender).not.toBe(first);
  expect(peers.map(({ payloads }) => payloads)).toEqual([
    [[1, 1], [2]],
    [[1, 1], [2]],
    [[9, 9, 9], [1, 1], [2]],
    [[1, 1], [2]],
  ]);
});

it('acknowledges what was written once', async () => {
  const peer = new Peer();
  let told = 0;
  peer.writes.write(one, () => {
    told += 1;
  });
  peer.writes.write(two);
  peer.writes.flush();
  await turn();
  expect(peer.written).toHaveLength(1);
  expect(told).toBe(1);
});
