import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openPrivateMessage } from '../../src/group/open-message.ts';
import { type GroupState, readStoredStates, storedChanges, wipeState } from '../../src/index.ts';
import { canRead, privateMessageOf, senderDataOf } from '../support/attacker.ts';
import { isWiped, secretBytes } from '../support/reachable.ts';
import { skippedKeysOf } from '../support/skipped-keys.ts';
import { snapshot } from '../support/snapshot.ts';
import { bytes, type Device, Directory, hex, textOf } from './directory.ts';
import { Room, recordsOf, stored } from './room.ts';

const code = (value: string) => expect.objectContaining({ name: 'MlsError', code: value });

async function sealed(room: Room, author: Device, text: string): Promise<Uint8Array<ArrayBuffer>> {
  const { state, message } = await author.engine.encrypt(room.state(author), bytes(text));
  room.states.set(author, state);
  return new Uint8Array(message);
}

/** The state of an engine that keeps windows, as earlier releases of the profile did. */
async function windowed(state: GroupState, message: Uint8Array<ArrayBuffer>): Promise<GroupState> {
  return (await openPrivateMessage(state, privateMessageOf(message))).state;
}

async function roomOfThree(): Promise<{ room: Room; ann: Device; bob: Device; cat: Device }> {
  const [ann, bob, cat] = await new Directory().devices('ann', 'bob', 'cat');
  const room = await Room.create(ann);
  await room.add(ann, bob, cat);
  return { room, ann, bob, cat };
}

interface Sent {
  readonly author: number;
  /** Erased or lost otherwise: it never comes. */
  readonly isRead: boolean;
}

const sent: fc.Arbitrary<Sent> = fc.record({ author: fc.nat(1), isRead: fc.boolean() });

/** One device reads what was not erased, in order; after each message its former state is wiped, as the client does. */
async function readWithGaps(log: Sent[]): Promise<void> {
  const { room, ann, bob, cat } = await roomOfThree();
  const authors = [ann, bob];
  let state = room.state(cat);
  let keeper = stored(state);
  const passed: Uint8Array<ArrayBuffer>[] = [];
  const skipped: Uint8Array<ArrayBuffer>[] = [];
  const waiting: Uint8Array<ArrayBuffer>[][] = [[], []];
  for (const [i, { author, isRead }] of log.entries()) {
    const message = await sealed(room, authors[author] as Device, `message ${i}`);
    const before = waiting[author] as Uint8Array<ArrayBuffer>[];
    if (!isRead) {
      before.push(message);
      continue;
    }
    const got = await cat.engine.decrypt(state, message);
    expect(textOf(got.plaintext)).toBe(`message ${i}`);
    wipeState(state, got.state);
    state = got.state;
    keeper = await windowed(keeper, message);
    skipped.push(...before);
    passed.push(...before.splice(0), message);
    const records = [...recordsOf(state).values()].join(' ');
    for (const { key } of skippedKeysOf(keeper)) expect(records).not.toContain(hex(key));
    expect(skippedKeysOf(state)).toEqual([]);
    expect(skippedKeysOf(stored(state))).toEqual([]);
  }
  const loot = new Set([...secretBytes(state), ...secretBytes(stored(state))]);
  for (const message of passed) {
    const senderData = await senderDataOf(message, state);
    expect(await canRead(loot, message, senderData)).toBe(false);
    await expect(cat.engine.decrypt(state, message)).rejects.toEqual(code('replayed'));
  }
  // The thief is able enough: it reads what is still to come, and what a state with windows has kept.
  for (const message of waiting.flatMap((left) => left.slice(0, 1))) {
    expect(await canRead(loot, message, await senderDataOf(message, state))).toBe(true);
  }
  for (const message of skipped.slice(0, 1)) {
    expect(await canRead(secretBytes(keeper), message, await senderDataOf(message, state))).toBe(true);
  }
}

test('whatever was skipped or erased, no key of it is stored, and no thief of the state opens it', {
  timeout: 120_000,
}, async () => {
  await fc.assert(fc.asyncProperty(fc.array(sent, { minLength: 3, maxLength: 9, size: 'max' }), readWithGaps), {
    numRuns: 8,
    seed: 9420,
    examples: [
      [
        [
          { author: 0, isRead: false },
          { author: 0, isRead: false },
          { author: 1, isRead: true },
          { author: 0, isRead: true },
          { author: 0, isRead: false },
        ],
      ],
    ],
    endOnFailure: true,
  });
});

test('a message of a skipped generation is refused, and changes nothing', async () => {
  const { room, ann, cat } = await roomOfThree();
  const [first, second, third] = [
    await sealed(room, ann, 'first'),
    await sealed(room, ann, 'second'),
    await sealed(room, ann, 'third'),
  ];
  const { state } = await cat.engine.decrypt(room.state(cat), second);
  const before = snapshot(state);
  await expect(cat.engine.decrypt(state, first)).rejects.toEqual(code('replayed'));
  expect(snapshot(state)).toBe(before);
  expect(textOf((await cat.engine.decrypt(state, third)).plaintext)).toBe('third');
});

describe('a state that an earlier release stored with skipped keys', () => {
  /** The topmost one, and one at the fourth level of the secret tree. */
  const pagesOnWay = 2;

  /** Its group fills two pages of secrets: `far` is on another one than `ann`, whose messages were skipped. */
  async function oldState() {
    const directory = new Directory();
    const ann = await directory.device('ann');
    const others = await Promise.all(Array.from({ length: 20 }, (_, i) => directory.device(`device ${i}`)));
    const room = await Room.create(ann);
    await room.add(ann, ...others);
    const [cat, far] = [others[0] as Device, others[19] as Device];
    const skipped = [await sealed(room, ann, 'one'), await sealed(room, ann, 'two')] as const;
    const old = stored(await windowed(room.state(cat), await sealed(room, ann, 'three')));
    expect(skippedKeysOf(old)).toHaveLength(2);
    return { room, ann, cat, far, skipped, old };
  }

  test('does not use them', async () => {
    const { cat, skipped, old } = await oldState();
    for (const message of skipped) {
      await expect(cat.engine.decrypt(old, message)).rejects.toEqual(code('replayed'));
    }
  });

  test.each(['the same sender', 'another sender'] as const)('drops them with the next message, of %s', async (who) => {
    const { room, ann, cat, far, skipped, old } = await oldState();
    const disk = new Map(storedChanges({}, { s: old }).map(({ key, value }) => [key, value as Uint8Array]));
    const keys = skippedKeysOf(old);
    const message = await sealed(room, who === 'the same sender' ? ann : far, 'next');
    const { state } = await cat.engine.decrypt(old, message);
    expect(skippedKeysOf(state)).toEqual([]);

    for (const { key, value } of storedChanges({ s: old }, { s: state })) {
      if (value === undefined) disk.delete(key);
      else disk.set(key, value);
    }
    const read = readStoredStates(disk).s as GroupState;
    expect(recordsOf(read)).toEqual(recordsOf(state));
    const onDisk = [...disk.values()].map(hex).join(' ');
    for (const { key } of keys) expect(onDisk).not.toContain(hex(key));

    const senderData = await senderDataOf(skipped[0], state);
    expect(await canRead(secretBytes(old), skipped[0], senderData)).toBe(true);
    wipeState(old, state);
    expect(keys.filter(({ key, nonce }) => !isWiped(key) || !isWiped(nonce))).toEqual([]);
    expect(await canRead(secretBytes(state), skipped[0], senderData)).toBe(false);

    const later = await sealed(room, ann, 'and on');
    const went = await cat.engine.decrypt(read, later);
    expect(textOf(went.plaintext)).toBe('and on');
    // Once they are gone, a message writes its sender's pages and no others.
    const written = storedChanges({ s: read }, { s: went.state }).map(({ key }) => key);
    expect(written.filter((key) => key.startsWith('secret/'))).toHaveLength(pagesOnWay);
  });
});
