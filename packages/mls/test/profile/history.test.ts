import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wipeState } from '../../src/index.ts';
import { inspectGroupInfo } from '../../src/profile/index.ts';
import { type Device, Directory, names } from './directory.ts';
import { Room } from './room.ts';

type Step = {
  kind: 'add' | 'remove' | 'external' | 'resync' | 'update' | 'say';
  author: number;
  target: number;
  count: number;
};

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('add', 'remove', 'external', 'resync', 'update', 'say'),
  author: fc.nat(1000),
  target: fc.nat(1000),
  count: fc.integer({ min: 1, max: 3 }),
});

const maxMembers = 12;

async function live(steps: Step[]): Promise<void> {
  const directory = new Directory();
  let made = 0;
  const fresh = () => directory.device(`device ${made++}`);
  const room = await Room.create(await fresh());
  await room.joinExternal(await fresh());
  for (const { kind, author: authorChoice, target, count } of steps) {
    const present = [...room.states.keys()];
    const author = present[authorChoice % present.length] as Device;
    const others = present.filter((device) => device !== author);
    const before = new Map(room.states);
    if (kind === 'add' && present.length + count <= maxMembers) {
      await room.add(author, ...(await Promise.all(Array.from({ length: count }, fresh))));
    } else if (kind === 'remove' && present.length > 2) {
      const gone = others.slice(target % others.length).slice(0, Math.min(count, present.length - 2));
      await room.remove(author, ...gone);
    } else if (kind === 'external' && present.length < maxMembers) {
      await room.joinExternal(await fresh());
    } else if (kind === 'resync') {
      await room.joinExternal(author, true);
    } else if (kind === 'update') {
      await room.update(author);
    }
    // Superseded secrets are wiped at every step: nothing that lives may lean on them.
    for (const [device, state] of before) {
      const next = room.states.get(device);
      if (next !== state) wipeState(state, next);
    }
    room.reload();
    await room.say(author, `${kind} by ${author.name}`);
    expect(names(inspectGroupInfo(room.groupInfo).members).sort()).toEqual(
      [...room.states.keys()].map((device) => device.name).sort(),
    );
  }
  // Everyone is heard by everyone, and the group is still open to newcomers of both kinds.
  for (const device of [...room.states.keys()]) await room.say(device, `goodbye from ${device.name}`);
  const [first] = room.states.keys();
  await room.add(first as Device, await fresh());
  await room.joinExternal(await fresh());
}

test('any history of a group keeps its members in agreement', { timeout: 120_000 }, async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 18, size: 'max' }), live), {
    numRuns: 8,
    seed: 9420,
    endOnFailure: true,
  });
});
