import { beforeAll, describe, expect, test } from 'vitest';
import { encodeState, inspectGroupInfo, MlsError, type OwnKeyPackage, readKeyPackage } from '../src/index.ts';
import { bytes, type Device, Directory, hex } from './directory.ts';
import { Room } from './room.ts';

/** Reproducible: mulberry32. */
function random(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Bit flips all over, cuts, a byte too many, and noise. */
function* mutations(original: Uint8Array, flips: number): Generator<Uint8Array> {
  const next = random(original.length);
  for (let i = 0; i < flips; i++) {
    const changed = new Uint8Array(original);
    // The first bytes are all structure: each of them is tried.
    const at = i < 24 ? i : Math.floor(next() * original.length);
    changed[at % original.length] = (changed[at % original.length] ?? 0) ^ (1 << Math.floor(next() * 8));
    yield changed;
  }
  for (let i = 0; i < 8; i++) yield original.slice(0, Math.floor(next() * original.length));
  yield new Uint8Array();
  yield new Uint8Array([...original, 0]);
  for (const length of [1, 40, 400]) yield Uint8Array.from({ length }, () => Math.floor(next() * 256));
}

/** Every mutation is refused, with an error of ours. */
async function expectRefusals(
  original: Uint8Array,
  flips: number,
  use: (changed: Uint8Array) => unknown,
): Promise<void> {
  await use(original);
  for (const changed of mutations(original, flips)) {
    const outcome = await (async () => use(changed))().then(
      () => `accepted ${hex(changed).slice(0, 80)}`,
      (error: unknown) => (error instanceof MlsError && error.code !== 'internal' ? 'refused' : error),
    );
    expect(outcome).toBe('refused');
  }
}

describe('a changed', () => {
  let ann: Device;
  let bob: Device;
  let cat: Device;
  let room: Room;
  let own: OwnKeyPackage;
  let welcome: Uint8Array;

  beforeAll(async () => {
    const directory = new Directory();
    [ann, bob, cat] = await directory.devices('ann', 'bob', 'cat');
    const dan = await directory.device('dan');
    room = await Room.create(ann);
    await room.add(ann, bob, dan);
    await room.update(dan);
    own = await cat.engine.createKeyPackage();
    welcome = (await ann.engine.add(room.state(ann), [own.keyPackage])).welcome ?? bytes('');
  });

  /** Runs on one state throughout, which is the same afterwards, byte for byte. */
  async function unchanged(use: () => Promise<void>): Promise<void> {
    const before = hex(encodeState(room.state(bob)));
    await use();
    expect(hex(encodeState(room.state(bob)))).toBe(before);
  }

  test.each(['update', 'remove', 'add', 'external', 'resync'] as const)('%s commit is refused', async (kind) => {
    const make = {
      update: () => ann.engine.update(room.state(ann)),
      remove: () => ann.engine.remove(room.state(ann), [2]),
      add: () => ann.engine.add(room.state(ann), [own.keyPackage]),
      external: () => cat.engine.joinExternal(room.groupInfo),
      resync: () => ann.engine.joinExternal(room.groupInfo, { resync: true }),
    };
    const { commit } = await make[kind]();
    await unchanged(() => expectRefusals(commit, 120, (changed) => bob.engine.processCommit(room.state(bob), changed)));
  });

  test('message is refused', async () => {
    const { message } = await ann.engine.encrypt(room.state(ann), bytes('hello'), bytes('context'));
    await unchanged(() => expectRefusals(message, 200, (changed) => bob.engine.decrypt(room.state(bob), changed)));
  });

  test('Welcome is refused', async () => {
    await expectRefusals(welcome, 120, (changed) => cat.engine.joinFromWelcome(changed, own));
  });

  test('group info is refused', async () => {
    await expectRefusals(room.groupInfo, 120, (changed) => cat.engine.joinExternal(changed));
    for (const changed of mutations(room.groupInfo, 300)) {
      try {
        inspectGroupInfo(changed); // unverified: it may succeed, but throw nothing else
      } catch (error) {
        expect(error).toBeInstanceOf(MlsError);
      }
    }
  });

  test('key package is refused', async () => {
    await expectRefusals(own.keyPackage, 200, (changed) => readKeyPackage(changed));
    await expectRefusals(own.keyPackage, 40, (changed) => ann.engine.add(room.state(ann), [changed]));
  });

  test('stored state throws nothing but our errors', () => {
    const encoded = encodeState(room.state(bob));
    for (const changed of mutations(encoded, 300)) {
      try {
        bob.engine.restoreState(changed);
      } catch (error) {
        expect(error).toBeInstanceOf(MlsError);
      }
    }
  });
});
