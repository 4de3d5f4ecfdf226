import { randomUUID } from 'node:crypto';
import type { AccountId } from '@undertone/protocol';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type BusEvent, LocalBus } from '../bus/bus.ts';
import type { PresenceState } from './presence-store.ts';
import { SharedPresence } from './shared-presence.ts';

const times = { aliveEveryMs: 5_000, goneAfterMs: 20_000, answerMs: 700 };
const alice = randomUUID() as AccountId;
const bob = randomUUID() as AccountId;

/** What passes between processes, as by Redis: a process hears the others, unless its line is cut. */
let processes: Process[];

class Process extends LocalBus {
  readonly told: [AccountId, string][] = [];
  readonly presence: SharedPresence;
  /** Nothing passes, and nobody is told. */
  silent = false;

  constructor() {
    super();
    processes.push(this);
    this.presence = new SharedPresence(this, times);
    this.presence.onChange((changes) => this.told.push(...changes));
  }

  override publish(event: BusEvent): void {
    for (const other of processes) if (other !== this && !this.silent && !other.silent) other.hear(event);
  }

  hear(event: BusEvent): void {
    super.publish(event);
  }

  reach(others: boolean): void {
    this.silent = !others;
    this.hear({ kind: 'reach', others });
  }

  says(account: AccountId, state: PresenceState): void {
    this.presence.report(new Map([[account, state]]));
  }
}

/** Two that have heard each other, and follow both people. */
async function pair(): Promise<[Process, Process]> {
  const both: [Process, Process] = [new Process(), new Process()];
  for (const process of both) process.reach(true);
  await vi.advanceTimersByTimeAsync(times.answerMs);
  for (const { presence } of both) await presence.follow([alice, bob]);
  return both;
}

beforeEach(() => {
  vi.useFakeTimers();
  processes = [];
});
afterEach(() => {
  for (const { presence } of processes) presence.close();
  vi.useRealTimers();
});

it('P1 who is at another process is online here, and at several as much as at one', async () => {
  const [here, there] = await pair();
  expect(here.presence.state(alice)).toBe('offline');
  there.says(alice, 'away');
  here.says(alice, 'online');
  there.says(alice, 'offline');
  here.says(alice, 'away');
  expect(there.told).toEqual([
    [alice, 'away'],
    [alice, 'online'],
    [alice, 'away'],
  ]);
  expect(here.told).toEqual(there.told);
  here.says(alice, 'offline');
  expect(there.presence.state(alice)).toBe('offline');
});

it('P3 tells nothing of those who are not followed any more', async () => {
  const [here, there] = await pair();
  here.presence.unfollow(alice);
  there.says(alice, 'online');
  expect(here.told).toEqual([]);
});

it('P1 whoever comes later hears of all who are there', async () => {
  const [here] = await pair();
  here.says(alice, 'online');
  const late = new Process();
  await late.presence.follow([alice, bob]);
  expect([late.presence.state(alice), late.presence.state(bob)]).toEqual(['unknown', 'unknown']);
  expect((await late.presence.active(undefined, 10)).complete).toBe(false);
  late.reach(true);
  expect(late.presence.state(alice)).toBe('online');
  await vi.advanceTimersByTimeAsync(times.answerMs);
  expect(late.told).toEqual([
    [alice, 'online'],
    [bob, 'offline'],
  ]);
  const { people, count, complete } = await late.presence.active(undefined, 10);
  expect({ people, count, complete }).toEqual({
    people: [{ account: alice, state: 'online' }],
    count: 1,
    complete: true,
  });
});

it('P1 while nobody can be heard all others are unknown, those at this process are not', async () => {
  const [here, there] = await pair();
  here.says(bob, 'online');
  there.says(alice, 'online');
  here.reach(false);
  expect([here.presence.state(alice), here.presence.state(bob)]).toEqual(['unknown', 'online']);
  expect(here.told.at(-1)).toEqual([alice, 'unknown']);
  expect(await here.presence.activeAmong([alice, bob])).toEqual({
    people: [{ account: bob, state: 'online' }],
    complete: false,
  });
  here.reach(true);
  expect(here.presence.state(alice)).toBe('online');
});

it('P1 the people of a process that is killed are offline within 30 s', async () => {
  const [here, there] = await pair();
  there.says(alice, 'online');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(here.presence.state(alice)).toBe('online');
  there.silent = true;
  await vi.advanceTimersByTimeAsync(30_000);
  expect(here.presence.state(alice)).toBe('offline');
});

it('P1 what one process did not hear it asks for', async () => {
  const [here, there] = await pair();
  here.silent = true;
  there.says(alice, 'online');
  here.silent = false;
  there.says(bob, 'online');
  expect(here.presence.state(alice)).toBe('online');
  here.silent = true;
  there.says(alice, 'offline');
  here.silent = false;
  await vi.advanceTimersByTimeAsync(times.aliveEveryMs);
  expect(here.presence.state(alice)).toBe('offline');
});

it('P1 who takes leave has a moment in which its people come back elsewhere', async () => {
  const [here, there] = await pair();
  there.says(alice, 'online');
  there.says(bob, 'online');
  there.presence.close();
  here.says(alice, 'online');
  await vi.advanceTimersByTimeAsync(times.aliveEveryMs);
  expect(here.told).toEqual([
    [alice, 'online'],
    [bob, 'online'],
    [bob, 'offline'],
  ]);
});
