import { describe, expect, it } from 'vitest';
import { textBytes } from '../../src/codec/bytes.ts';
import { encryptApplication } from '../../src/group/application.ts';
import { createCommit } from '../../src/group/create-commit.ts';
import type { GroupState } from '../../src/group/state.ts';
import { wipeState } from '../../src/group/wipe.ts';
import { readStoredStates, storedChanges } from '../../src/store/stored-states.ts';
import { subtreeAt } from '../../src/tree/ratchet-tree.ts';
import { encryptionKeyOf } from '../../src/tree/subtree.ts';
import { clientNamed, commit, deliver, groupOf, type Member } from '../flows/members.ts';
import { History } from '../support/history.ts';
import { seededRandom, seedsFrom } from '../support/random.ts';
import { isWiped, secretBytes } from '../support/reachable.ts';
import { snapshot } from '../support/snapshot.ts';
import { toHex } from '../vectors/load.ts';

/** Wipes `old` and checks that nothing of it is left but what `next` has too, and that `next` is as it was. */
function expectWiped(old: GroupState, next: GroupState): void {
  const before = snapshot(next);
  const kept = secretBytes(next);
  const gone = [...secretBytes(old)].filter((bytes) => !kept.has(bytes));
  wipeState(old, next);
  expect(gone.filter((bytes) => !isWiped(bytes))).toEqual([]);
  expect(snapshot(next)).toBe(before);
}

describe.each([0, 3])('wiping with %i past epochs', (pastEpochs) => {
  it.each(seedsFrom(21, 2))('history %i goes on although every former state is wiped at once', async (seed) => {
    const watcher = {
      stepped({ state }: Member, before: GroupState | undefined) {
        if (before !== undefined && before !== state) expectWiped(before, state);
      },
    };
    const history = await History.begin(seededRandom(seed), watcher, (name) => clientNamed(name, { pastEpochs }));
    await history.add(5);
    for (let i = 0; i < 40; i++) await history.step();
  });
});

it('a state several messages old is wiped, whatever parts of its trees are still in use', async () => {
  const members = await groupOf(['a', 'b', 'c', 'd', 'e']);
  const [a, b] = members as [Member, Member];
  const old = b.state;
  for (const from of members) {
    if (from === b) continue;
    const { message, state } = await encryptApplication(from.client, from.state, textBytes('hello'));
    from.state = state;
    await b.receive(message);
  }
  expectWiped(old, b.state);
  await commit(a, members, { path: true });
  await commit(b, members, { path: true });
});

it('a commit that was dropped is wiped, and the present state still works', async () => {
  const members = await groupOf(['a', 'b', 'c']);
  const [a, b] = members as [Member, Member];
  const dropped = await createCommit(a.client, a.state, { path: true, format: 'private' });
  if (dropped.current === undefined) throw new Error('no current state');
  expectWiped(dropped.state, dropped.current);
  expectWiped(a.state, dropped.current);
  a.state = dropped.current;
  await commit(b, members, { path: true });
  await commit(a, members, { path: true, format: 'private' });
});

it('nothing is left of a removed member', async () => {
  const members = await groupOf(['a', 'b', 'c']);
  const [a, b] = members as [Member, Member];
  const { state } = b;
  await commit(a, members, { proposals: [{ type: 3, removed: 1 }] });
  expect([...secretBytes(b.state)].filter((bytes) => bytes.length > 0)).toEqual([]);
  expectWiped(state, b.state);
});

it.each(seedsFrom(31, 2))(
  'history %i: no member holds or stores a private key of a node that is blank or has another',
  async (seed) => {
    const everHeld = new Map<Member, Set<string>>();
    const watcher = {
      stepped(member: Member) {
        const { state } = member;
        const held = everHeld.get(member) ?? new Set<string>();
        everHeld.set(member, held);
        const present = new Set<string>();
        for (const [node, { publicKey, privateKey }] of state.privateKeys) {
          const at = subtreeAt(state.tree, node);
          expect(toHex((at && encryptionKeyOf(at)) ?? new Uint8Array())).toBe(toHex(publicKey));
          present.add(toHex(privateKey));
          held.add(toHex(privateKey));
        }
        for (const { privateKey } of state.ownUpdates) {
          present.add(toHex(privateKey));
          held.add(toHex(privateKey));
        }
        const records = storedChanges({}, { s: state }).map(({ value }) => toHex(value ?? new Uint8Array()));
        const all = records.join(' ');
        for (const key of held) if (!present.has(key)) expect(all).not.toContain(key);
        for (const key of present) expect(all).toContain(key);
      },
    };
    const history = await History.begin(seededRandom(seed), watcher);
    await history.add(6);
    for (let i = 0; i < 30; i++) await history.step();
  },
);

it('a state that was stored and read again is wiped as well', async () => {
  const members = await groupOf(['a', 'b', 'c', 'd']);
  const [a, b] = members as [Member, Member];
  const records = storedChanges({}, { s: b.state }).map(({ key, value }) => [key, value ?? new Uint8Array()] as const);
  const { s } = readStoredStates(new Map(records));
  if (s === undefined) throw new Error('not stored');
  b.state = s;
  const { commit: message, state } = await createCommit(a.client, a.state, { path: true });
  await deliver(message, a, members);
  a.state = state;
  expectWiped(s, b.state);
  await commit(b, members, { path: true });
});
