import type { CoreCalls } from '@undertone/client/view';
import type { FakeContext } from './fake-context.ts';
import { later } from './live-world.ts';
import type { World } from './world.ts';

/** Who is signed in, the connection, and what one chose. */
export function sessionCalls(context: FakeContext) {
  const { world } = context;
  const connect = (connection: World['connection']): void => {
    world.connection = connection;
    context.emit({ type: 'connection', connection });
  };
  return {
    snapshot: async () => {
      const { session, connection, rooms, people, states, transfers, preferences } = world;
      return structuredClone({
        session,
        connection,
        rooms: [...rooms.values()].map((room) => room.view),
        people: [...people.values()],
        presence: [...states],
        transfers: [...transfers.values()],
        preferences,
      });
    },
    sessionChanged: async () => context.showPhase('ready'),
    startAnew: async () => {
      await context.work(800);
      context.showPhase('ready');
    },
    signOut: async () => {
      await context.work(300);
      context.showPhase('signed_out');
    },
    setPreferences: async ({ levels, ...change }) => {
      await context.work(20);
      const all = Object.entries({ ...world.preferences.levels, ...levels });
      const kept = Object.fromEntries(all.filter(([, level]) => level !== null)) as typeof world.preferences.levels;
      world.preferences = { ...world.preferences, ...change, levels: kept };
      context.emit({ type: 'preferences', preferences: world.preferences });
    },
    reconnect: async () => {
      connect({ state: 'connecting', retryAt: null });
      await later(900);
      connect({ state: 'online', retryAt: null });
    },
  } satisfies Partial<CoreCalls>;
}
