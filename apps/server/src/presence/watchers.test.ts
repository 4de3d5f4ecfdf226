import type { AccountId, ServerFrameOf } from '@undertone/protocol';
import { beforeEach, expect, it } from 'vitest';
import {
  LocalPresence,
  presenceFrame,
  type SharedPresenceChanges,
  type SharedPresenceState,
} from './presence-store.ts';
import { Watchers } from './watchers.ts';

const [alice, bob, carol] = ['alice', 'bob', 'carol'] as AccountId[] as [AccountId, AccountId, AccountId];

/** A store that learns a state only when it is told to, as one that asks others. */
class SlowPresence extends LocalPresence {
  readonly followed = new Set<AccountId>();
  readonly unreachable = new Set<AccountId>();
  #waiting: (() => void)[] = [];

  override async follow(accounts: readonly AccountId[] = []): Promise<void> {
    for (const account of accounts) this.followed.add(account);
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  override unfollow(account?: AccountId): void {
    if (account) this.followed.delete(account);
  }

  override state(account: AccountId): never {
    return (this.unreachable.has(account) ? 'unknown' : super.state(account)) as SharedPresenceState as never;
  }

  /** The question that has waited longest is answered. */
  answer(): void {
    this.#waiting.shift()?.();
  }
}

class Told {
  readonly frames: ServerFrameOf<'presence'>[] = [];
  presence(changes: SharedPresenceChanges): void {
    this.frames.push(presenceFrame(changes));
  }
  forgetPresence(): void {
    // It keeps nothing.
  }
}

const change = (part: Partial<ServerFrameOf<'presence'>>) => ({
  type: 'presence',
  online: [],
  away: [],
  offline: [],
  unknown: [],
  ...part,
});

let store: SlowPresence;
let watchers: Watchers;
const [one, two] = [new Told(), new Told()];

const watch = async (watcher: Told, ...accounts: AccountId[]) => {
  const answer = watchers.watch(watcher, accounts);
  store.answer();
  return await answer;
};

beforeEach(() => {
  store = new SlowPresence();
  watchers = new Watchers(store);
  for (const told of [one, two]) told.frames.length = 0;
});

it('P3 states are told at once, and from then on changes, to those who watch', async () => {
  store.report(new Map([[alice, 'online']]));
  expect(await watch(one, alice, bob)).toEqual({ online: [alice], away: [], unknown: [] });
  expect(await watch(two, bob)).toEqual({ online: [], away: [], unknown: [] });
  store.report(
    new Map([
      [alice, 'away'],
      [bob, 'online'],
      [carol, 'online'],
    ]),
  );
  expect(one.frames).toEqual([change({ away: [alice], online: [bob] })]);
  expect(two.frames).toEqual([change({ online: [bob] })]);
});

it('P3 a new frame replaces the accounts of the one before', async () => {
  await watch(one, alice);
  await watch(one, bob);
  store.report(new Map([[alice, 'online']]));
  expect(one.frames).toEqual([]);
  store.report(new Map([[bob, 'online']]));
  expect(one.frames).toEqual([change({ online: [bob] })]);
});

it('P3 what changes while states are read is in the answer, and not told before it', async () => {
  const answer = watchers.watch(one, [alice]);
  store.report(new Map([[alice, 'online']]));
  store.answer();
  expect(await answer).toEqual({ online: [alice], away: [], unknown: [] });
  expect(one.frames).toEqual([]);
});

it('P3 a frame that is overtaken by the next one watches nobody', async () => {
  const [first, second] = [watchers.watch(one, [alice]), watchers.watch(one, [bob])];
  store.answer();
  store.answer();
  expect(await first).toEqual({ online: [], away: [], unknown: [alice] });
  await second;
  store.report(
    new Map([
      [alice, 'online'],
      [bob, 'online'],
    ]),
  );
  expect(one.frames).toEqual([change({ online: [bob] })]);
  expect([...store.followed]).toEqual([bob]);
});

it('P3 what cannot be learned from other processes is unknown', async () => {
  store.unreachable.add(alice);
  expect(await watch(one, alice, bob)).toEqual({ online: [], away: [], unknown: [alice] });
});

it('an account is followed as long as someone watches it', async () => {
  await watch(one, alice, alice, bob);
  await watch(two, alice);
  watchers.remove(one);
  expect([...store.followed]).toEqual([alice]);
  const late = watchers.watch(two, [carol]);
  watchers.remove(two);
  expect([...store.followed]).toEqual([carol]);
  store.answer();
  await late;
  expect([...store.followed]).toEqual([]);
  store.report(new Map([[carol, 'online']]));
  expect(two.frames).toEqual([]);
});
