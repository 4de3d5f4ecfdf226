import type { AccountId, DeviceId, RoomId, SessionId } from '@undertone/protocol';
import { expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { LocalBus } from '../bus/bus.ts';
import { Connection } from './connection.ts';
import { Hub, type HubOptions } from './hub.ts';

const room = crypto.randomUUID() as RoomId;

/** A hub whose database answers which rooms an account is in when it is told to. */
function slowHub(): { hub: Hub; answer(): void } {
  let answer = (): void => {};
  const ids = new Promise<RoomId[]>((resolve) => {
    answer = () => resolve([room]);
  });
  const options = {
    bus: new LocalBus(),
    rooms: { ids: () => ids, states: async () => [] },
    sessions: {},
    presence: { collectMs: 0, graceMs: 0 },
    presenceStore: { onChange: () => {}, report: () => {}, forget: () => {}, unwatch: () => {} },
    shared: {},
    lastSeen: { isHidden: async () => false, note: () => {} },
    onError: (error: unknown) => {
      throw error;
    },
  };
  return { hub: new Hub(options as unknown as HubOptions), answer };
}

function connection(): Connection {
  const socket = { OPEN: 1, readyState: 1, bufferedAmount: 0, _socket: { write: () => {} } };
  const sender = { account: crypto.randomUUID() as AccountId, device: crypto.randomUUID() as DeviceId };
  return new Connection(socket as unknown as WebSocket, sender, 'session' as SessionId);
}

it('a socket that stays is in its rooms when it has been greeted', async () => {
  const { hub, answer } = slowHub();
  const staying = connection();
  hub.add(staying);
  const greeting = hub.greet(staying, 1);
  answer();
  await greeting;
  expect([hub.sockets, hub.rooms]).toEqual([1, 1]);
});

it('a socket that goes while its rooms are read leaves nothing behind', async () => {
  const { hub, answer } = slowHub();
  const going = connection();
  hub.add(going);
  const greeting = hub.greet(going, 1);
  hub.remove(going);
  answer();
  await greeting;
  expect([hub.sockets, hub.rooms]).toEqual([0, 0]);
});
