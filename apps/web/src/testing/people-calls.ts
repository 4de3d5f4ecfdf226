import type { CoreCalls, PersonView } from '@undertone/client/view';
import type { FakeContext } from './fake-context.ts';
import { me } from './rows.ts';
import { seenAgo } from './showcase.ts';

const matches = (person: PersonView, query: string): boolean =>
  person.username.toLowerCase().includes(query) || (person.displayName ?? '').toLowerCase().includes(query);

/** People: finding them, whether they are there, and their identities. */
export function peopleCalls(context: FakeContext) {
  const { world, live, identities } = context;
  return {
    searchPeople: async (query) => {
      await context.work(120);
      const wanted = query.toLowerCase();
      return [...world.people.values()].filter((person) => person.id !== me && matches(person, wanted)).slice(0, 20);
    },
    loadPeople: async () => undefined,
    setPresenceVisibility: async (visibility) => {
      await context.work(100);
      world.presence = visibility;
    },
    presenceVisibility: async () => {
      await context.work(60);
      return world.presence;
    },
    active: async () => undefined,
    watch: async () => undefined,
    activePeople: async (room) => {
      await context.work(120);
      const members = room === null ? [...world.states.keys()] : (world.rooms.get(room)?.view.members ?? []);
      const people = members.flatMap((account) => {
        const state = world.states.get(account);
        return state === 'online' || state === 'away' ? [{ account, state }] : [];
      });
      return { count: people.length, complete: true, people, next: null };
    },
    lastSeen: async (accounts) => {
      await context.work(80);
      return accounts.map((account, i) => ({ account, at: i % 5 === 4 ? null : Date.now() - seenAgo(i) }));
    },
    identity: async (account) => {
      await context.work(200);
      return identities.view(account);
    },
    setVerified: async (account, root, verified) => {
      await context.work(100);
      identities.expect(account, root);
      live.changePerson(account, { trust: verified ? 'verified' : 'known' });
    },
    acceptIdentity: async (room, account, root, head) => {
      await context.work(100);
      identities.expect(account, root, head);
      if (room === null) live.changePerson(account, { trust: 'known' });
      else context.withoutDoubt(room, account);
    },
  } satisfies Partial<CoreCalls>;
}
