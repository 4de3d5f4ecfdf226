import { describe, expect, it } from 'vitest';
import { createCommit } from '../../src/group/create-commit.ts';
import { createGroupInfo } from '../../src/group/group-info.ts';
import { joinExternal } from '../../src/group/join-external.ts';
import type { GroupState } from '../../src/group/state.ts';
import { readStoredStates, type StoredStates, storedChanges } from '../../src/store/stored-states.ts';
import { clientNamed, commit, deliver, groupOf, type Member } from '../flows/members.ts';
import { History } from '../support/history.ts';
import { seededRandom, seedsFrom } from '../support/random.ts';
import { toHex } from '../vectors/load.ts';

/** A device's disk. */
class Disk {
  readonly records = new Map<string, Uint8Array>();
  stored: StoredStates = {};

  store(after: StoredStates): void {
    for (const { key, value } of storedChanges(this.stored, after)) {
      if (value === undefined) expect(this.records.delete(key)).toBe(true);
      else this.records.set(key, value);
    }
    this.stored = after;
  }

  /** Nothing is missing, nothing is left over, nothing is out of date. */
  expectWhole(): void {
    const full = storedChanges({}, this.stored).map(({ key, value }) => [key, toHex(value ?? new Uint8Array())]);
    const found = [...this.records].map(([key, value]) => [key, toHex(value)]);
    expect(found.sort()).toEqual(full.sort());
  }

  reload(): StoredStates {
    this.stored = readStoredStates(this.records);
    this.expectWhole();
    return this.stored;
  }
}

function only(states: StoredStates): GroupState {
  const { current } = states;
  if (current === undefined) throw new Error('no state');
  return current;
}

const bigNames = Array.from({ length: 40 }, (_, i) => `member ${i}`);

describe.each([0, 3])('with %i past epochs', (pastEpochs) => {
  it.each(seedsFrom(1, 2))('history %i, stored step by step and reloaded, goes on as it would have', async (seed) => {
    const random = seededRandom(seed);
    const disks = new Map<Member, Disk>();
    const watcher = {
      stepped(member: Member) {
        const disk = disks.get(member) ?? new Disk();
        disks.set(member, disk);
        disk.store({ current: member.state });
        disk.expectWhole();
        if (random() < 0.3) member.state = only(disk.reload());
      },
      created(author: Member, { state }: { readonly state: GroupState }) {
        const disk = disks.get(author);
        if (disk === undefined || random() < 0.5) return;
        disk.store({ current: author.state, pending: state });
        disk.expectWhole();
        if (random() < 0.5) author.state = only(disk.reload());
      },
    };
    const history = await History.begin(random, watcher, (name) => clientNamed(name, { pastEpochs }));
    await history.add(8);
    for (let i = 0; i < 30; i++) await history.step(24);
  });
});

/** In a tree of several pages. */
describe('a commit under way, stored beside the current state', () => {
  it('is adopted after both were reloaded', async () => {
    const members = await groupOf(bigNames);
    const [a] = members as [Member];
    const disk = new Disk();
    disk.store({ current: a.state });
    const { state } = await createCommit(a.client, a.state, { path: true });
    disk.store({ current: a.state, pending: state });
    const { pending } = disk.reload();
    if (pending === undefined) throw new Error('not stored');
    disk.store({ current: pending });
    disk.expectWhole();
    disk.reload();
  });

  it('of a return by external commit is adopted, whatever tree the group info brought', async () => {
    const members = await groupOf(bigNames);
    const [a, b] = members as [Member, Member];
    const disk = new Disk();
    disk.store({ current: a.state });
    const joined = await joinExternal(a.client, await createGroupInfo(b.client, b.state), { resync: true });
    disk.store({ current: a.state, pending: joined.state });
    disk.expectWhole();
    disk.store({ current: joined.state });
    disk.expectWhole();
    disk.reload();
  });

  it('is dropped for another commit, which a reloaded state follows', async () => {
    const members = await groupOf(bigNames);
    const [a, b] = members as [Member, Member];
    const disk = new Disk();
    disk.store({ current: a.state });
    const { state } = await createCommit(a.client, a.state, { path: true });
    disk.store({ current: a.state, pending: state });
    a.state = only(disk.reload());
    await commit(b, members, { path: true });
    disk.store({ current: a.state });
    disk.expectWhole();
    a.state = only(disk.reload());
    await commit(a, members, { path: true });
  });
});

it('a tree of 40 loses members until it is small, and grows again', async () => {
  const members = await groupOf(bigNames);
  const [a] = members as [Member];
  const disk = new Disk();
  disk.store({ current: a.state });
  for (const removed of [39, 38, 33, 32, 31, 16, 8]) {
    const { commit: message, state } = await createCommit(a.client, a.state, { proposals: [{ type: 3, removed }] });
    await deliver(
      message,
      a,
      members.filter((member) => member.state.status === 'active'),
    );
    disk.store({ current: a.state, pending: state });
    a.state = state;
    disk.store({ current: state });
    disk.expectWhole();
    a.state = only(disk.reload());
  }
});
