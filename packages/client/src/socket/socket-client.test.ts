import { decodeClientFrame, encodeFrame, type ServerFrame, type ServerFrameOf } from '@undertone/protocol';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { OfflineError } from '../rest/rest-client.ts';
import type { ConnectionView } from '../view/core.ts';
import { Backoff } from './backoff.ts';
import { SocketClient, type SocketLike } from './socket-client.ts';

const account = '11111111-1111-4111-8111-111111111111';
const device = '22222222-2222-4222-8222-222222222222';

/** The other end of a socket, in the test's hands. */
class FakeSocket implements SocketLike {
  binaryType = '';
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  onerror: (() => void) | null = null;
  readonly sent: ReturnType<typeof decodeClientFrame>[] = [];
  closed = false;

  send(data: Uint8Array<ArrayBuffer>): void {
    this.sent.push(decodeClientFrame(data));
  }

  close(): void {
    this.closed = true;
  }

  answer(frame: ServerFrame): void {
    this.onmessage?.({ data: encodeFrame(frame).buffer });
  }

  hello(): void {
    this.onopen?.();
    const ref = this.sent.at(-1)?.ref ?? 0;
    const body = { account, device, now: 0, rooms: [] };
    this.answer({ type: 'hello_ok', ref, ...body } as unknown as ServerFrameOf<'hello_ok'>);
  }
}

describe('socket client', () => {
  let sockets: FakeSocket[];
  let views: ConnectionView[];
  let ended: string[];
  let hellos: number;
  let client: SocketClient;

  beforeEach(() => {
    vi.useFakeTimers();
    sockets = [];
    views = [];
    ended = [];
    hellos = 0;
    client = new SocketClient(
      () => {
        const socket = new FakeSocket();
        sockets.push(socket);
        return socket;
      },
      {
        connection: (view) => views.push(view),
        hello: () => hellos++,
        push: () => {},
        ended: (reason) => ended.push(reason),
      },
      new Backoff(100, 1_000),
    );
  });

  const online = async () => {
    client.start();
    sockets.at(-1)?.hello();
    await vi.advanceTimersByTimeAsync(0);
    return sockets.at(-1) as FakeSocket;
  };

  it('T3 says hello first, and is online when it is answered', async () => {
    const socket = await online();
    expect(socket.sent.map((frame) => frame.type)).toEqual(['hello']);
    expect(client.online).toBe(true);
    expect(hellos).toBe(1);
    expect(views.at(-1)).toEqual({ state: 'online', retryAt: null });
  });

  it('T3 answers find their requests in any order', async () => {
    const socket = await online();
    const first = client.request({ type: 'ping' });
    const second = client.request({ type: 'ping' });
    const [a, b] = socket.sent.slice(1).map((frame) => frame.ref);
    socket.answer({ type: 'pong', ref: b ?? 0 });
    socket.answer({ type: 'error', ref: a ?? 0, code: 'rate_limited', detail: {} });
    expect(await second).toEqual({ type: 'pong', ref: b });
    await expect(first).rejects.toMatchObject({ code: 'rate_limited' });
  });

  it('requests cut off by the loss of the socket are rejected, and it comes back by itself', async () => {
    const socket = await online();
    const request = client.request({ type: 'ping' });
    socket.onclose?.({ code: 1006 });
    await expect(request).rejects.toBeInstanceOf(OfflineError);
    expect(views.at(-1)?.retryAt).toBeGreaterThan(Date.now());
    await vi.advanceTimersByTimeAsync(100);
    expect(sockets).toHaveLength(2);
    sockets[1]?.hello();
    await vi.advanceTimersByTimeAsync(0);
    expect(hellos).toBe(2);
  });

  it('waits longer and longer, until told to try now', async () => {
    client.start();
    for (let i = 0; i < 8; i++) {
      sockets.at(-1)?.onclose?.({ code: 1006 });
      await vi.advanceTimersByTimeAsync(1_000);
    }
    sockets.at(-1)?.onclose?.({ code: 1006 });
    const wait = (views.at(-1)?.retryAt ?? 0) - Date.now();
    expect(wait).toBeGreaterThanOrEqual(500);
    const before = sockets.length;
    client.reconnectNow();
    expect(sockets).toHaveLength(before + 1);
  });

  it('A6 a session that was ended stays closed', async () => {
    const socket = await online();
    socket.onclose?.({ code: 4401 });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(ended).toEqual(['not_signed_in']);
    expect(sockets).toHaveLength(1);
  });

  it('T6 silence is found out: a ping, and after more silence another connection', async () => {
    const socket = await online();
    await vi.advanceTimersByTimeAsync(25_000);
    expect(socket.sent.at(-1)?.type).toBe('ping');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(socket.closed).toBe(true);
    expect(sockets.length).toBeGreaterThan(1);
  });

  it('what cannot be read is treated as a lost connection', async () => {
    const socket = await online();
    socket.onmessage?.({ data: Uint8Array.of(1, 2, 3).buffer });
    expect(client.online).toBe(false);
    await vi.advanceTimersByTimeAsync(100);
    expect(sockets).toHaveLength(2);
  });

  it('offline, a request fails at once', async () => {
    await expect(client.request({ type: 'ping' })).rejects.toBeInstanceOf(OfflineError);
  });
});
