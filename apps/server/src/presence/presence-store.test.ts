import type { AccountId } from '@undertone/protocol';
import { describe, expect, it } from 'vitest';
import { LocalPresence, type PresenceStore } from './presence-store.ts';

const people = ['alice', 'bob', 'carol', 'dave', 'erin'] as AccountId[];
const [alice, bob, carol] = people as [AccountId, AccountId, AccountId];

/** What every store promises; `open` makes one that nobody has reported to. */
const stores: { name: string; open: () => PresenceStore }[] = [
  { name: 'of one process', open: () => new LocalPresence() },
];

describe.each(stores)('presence $name', ({ open }) => {
  it('is offline until something else is reported, and is told of changes', async () => {
    const store = open();
    const told: unknown[] = [];
    store.onChange((changes) => told.push(...changes));
    await store.follow([alice, bob]);
    expect(store.state(alice)).toBe('offline');
    store.report(
      new Map([
        [alice, 'online'],
        [bob, 'away'],
      ]),
    );
    expect([store.state(alice), store.state(bob)]).toEqual(['online', 'away']);
    store.report(new Map([[alice, 'offline']]));
    expect(store.state(alice)).toBe('offline');
    expect(told).toEqual([
      [alice, 'online'],
      [bob, 'away'],
      [alice, 'offline'],
    ]);
  });

  it('P5 pages name everyone who is active once, also where someone comes or goes between them', async () => {
    const store = open();
    store.report(new Map(people.map((account) => [account, 'online'])));
    const first = await store.active(undefined, 2);
    expect(first).toMatchObject({ count: 5, complete: true, next: expect.any(String) });
    expect(first.people).toHaveLength(2);
    store.report(new Map([[first.people[0]?.account ?? alice, 'offline']]));
    const second = await store.active(first.next ?? undefined, 2);
    const third = await store.active(second.next ?? undefined, 2);
    expect(third.next).toBeNull();
    const named = [first, second, third].flatMap((page) => page.people.map(({ account }) => account));
    expect(named.toSorted()).toEqual(people);
    expect(third.count).toBe(4);
  });

  it('P5 says which of some accounts are active, in their order', async () => {
    const store = open();
    store.report(
      new Map([
        [carol, 'away'],
        [alice, 'online'],
      ]),
    );
    expect(await store.activeAmong([alice, bob, carol])).toEqual({
      people: [
        { account: alice, state: 'online' },
        { account: carol, state: 'away' },
      ],
      complete: true,
    });
  });
});
