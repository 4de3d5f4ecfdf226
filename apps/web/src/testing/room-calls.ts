import { type CoreCalls, CoreError } from '@undertone/client/view';
import { slugFromName } from '@undertone/protocol';
import type { FakeContext } from './fake-context.ts';
import { me, memberChange } from './rows.ts';
import { fakeDirectory, fakeRooms } from './world.ts';

/** Rooms and threads, and who is in them. */
export function roomCalls(context: FakeContext) {
  const { world, live, identities } = context;
  return {
    directory: async () => {
      await context.work(200);
      return fakeDirectory(world);
    },
    createRoom: async (request) => {
      await context.work(500);
      const slug = slugFromName(request.name);
      if (fakeDirectory(world).some((room) => room.slug === slug)) {
        throw new CoreError({ code: 'room_exists', message: 'A room with this name exists already.' });
      }
      return live.enter(fakeRooms.made(request.name, request.topic ?? ''));
    },
    joinRoom: async (room) => {
      await context.work(500);
      const listing = fakeDirectory(world).find((one) => one.id === room);
      if (!listing) throw new CoreError({ code: 'unknown_room', message: 'This room does not exist.' });
      live.enter({ ...fakeRooms.made(listing.name, listing.topic), id: room });
    },
    leaveRoom: async (room) => {
      await context.work(400);
      world.rooms.delete(room);
      context.emit({ type: 'rooms', rooms: [], removed: [room] });
    },
    startThread: async (accounts) => {
      await context.work(600);
      identities.refuseChanged(accounts);
      const wanted = [me, ...accounts].sort().join();
      for (const { view } of world.rooms.values()) {
        if (view.kind === 'thread' && [...view.members].sort().join() === wanted) return view.id;
      }
      return live.enter(fakeRooms.thread([...accounts]));
    },
    addToThread: async (room, accounts) => {
      await context.work(500);
      identities.refuseChanged(accounts);
      const view = world.rooms.get(room)?.view;
      if (view) live.changeRoom(room, { members: [...view.members, ...accounts] });
    },
    passDifference: async (room, key) => {
      await context.work(100);
      const view = world.rooms.get(room)?.view;
      if (view) live.changeRoom(room, { differences: view.differences.filter((one) => one.key !== key) });
    },
    removeFromThread: async (room, account) => {
      await context.work(400);
      const view = world.rooms.get(room)?.view;
      if (!view) return;
      context.withoutDoubt(room, account);
      live.changeRoom(room, { members: view.members.filter((one) => one !== account) });
      live.put(room, memberChange(live.nextOrder(room), 'removed', account, me, Date.now()));
    },
  } satisfies Partial<CoreCalls>;
}
