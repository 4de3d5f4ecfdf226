import { beforeAll, describe, expect, it } from 'vitest';
import { alice, type Bytes, bob, type Machine, newMachine, refusalOf, SampleLog } from '../testing/sample-log.ts';
import { type EntryBody, openEntry, signEntry } from './entry.ts';
import { createRemoveDevice } from './kinds/remove-device.ts';
import { createSetArchive } from './kinds/set-archive.ts';

let machine: Machine;
let second: Machine;
let sample: SampleLog;
/** Root, a second device, an archive, and the second device removed. */
let entries: readonly Bytes[];
beforeAll(async () => {
  [machine, second] = [await newMachine(), await newMachine()];
  sample = await SampleLog.begin(alice, machine);
  await sample.take(sample.added(sample.by(machine), second));
  await sample.take(createSetArchive(sample.by(second), { generation: 1, manifestHash: new Uint8Array(32) }));
  await sample.take(createRemoveDevice(sample.by(machine), [second.device]));
  entries = sample.log.entries;
});

const pick = (...indexes: number[]): Bytes[] => indexes.map((i) => entries[i] as Bytes);

/** The last entry again, with `change`, signed as it should be. */
async function resigned(change: Partial<EntryBody>): Promise<Bytes[]> {
  const { body } = openEntry(entries.at(-1) as Bytes);
  return [...entries.slice(0, -1), await signEntry({ ...body, ...change }, machine.key.privateKey)];
}

describe('order of entries', () => {
  it('K4 a whole log verifies, entry by entry', async () => {
    expect(await refusalOf(alice, entries)).toBe('accepted');
    expect(sample.log.hashes).toHaveLength(4);
    expect(sample.log.head).toEqual({ index: 3, hash: sample.log.hashes[3] });
    expect(sample.log.hashes[0]).toEqual(sample.log.root);
  });

  it.each([
    ['with an entry left out', [0, 2, 3]],
    ['with the removal moved before the addition', [0, 3, 1, 2]],
    ['with two entries exchanged', [0, 2, 1, 3]],
    ['with an entry twice', [0, 1, 1, 2, 3]],
    ['with the root twice', [0, 0]],
  ])('K4 a log %s is refused', async (_, indexes) => {
    expect(await refusalOf(alice, pick(...indexes))).toMatch(/^(broken_chain|wrong_root)$/);
  });

  it('K4 a log without its root is refused', async () => {
    expect(await refusalOf(alice, pick(1, 2, 3))).toBe('malformed');
    expect(await refusalOf(alice, pick(3))).toBe('malformed');
  });

  it('K4 an entry of another branch is refused: its signer said it after other entries', async () => {
    const branch = await SampleLog.begin(alice, machine);
    const other = await newMachine();
    await branch.take(branch.added(branch.by(machine), other));
    const [, foreign] = branch.log.entries;
    expect(openEntry(foreign as Bytes).body.index).toBe(1);
    expect(await refusalOf(alice, [...pick(0), foreign as Bytes, ...pick(2)])).toBe('broken_chain');
  });

  it('K4 an entry that the same device signed for another root of the account is refused', async () => {
    const other = await SampleLog.begin(alice, await newMachine());
    const entry = createSetArchive(other.by(machine), { generation: 1, manifestHash: new Uint8Array(32) });
    expect(await sample.refusal(entry)).toBe('wrong_root');
  });

  it.each<[string, () => Partial<EntryBody>, string]>([
    ['another account', () => ({ account: bob }), 'wrong_account'],
    ['another root', () => ({ root: new Uint8Array(32) }), 'wrong_root'],
    ['no root', () => ({ root: new Uint8Array(0) }), 'wrong_root'],
    ['an earlier index', () => ({ index: 2 }), 'broken_chain'],
    ['a later index', () => ({ index: 4 }), 'broken_chain'],
    ['an index that is no number', () => ({ index: -1 }), 'malformed'],
    ['another entry before it', () => ({ previous: sample.log.hashes[1] as Bytes }), 'broken_chain'],
    ['no entry before it', () => ({ previous: new Uint8Array(0) }), 'broken_chain'],
    ['a time before the last', () => ({ time: sample.time - 1 }), 'time_falls'],
    ['a time that is no whole number', () => ({ time: sample.time + 0.5 }), 'malformed'],
    ['kind root', () => ({ kind: 'root' }), 'malformed'],
  ])('K4 an entry for %s is refused, however well it is signed', async (_, change, refusal) => {
    expect(await refusalOf(alice, await resigned(change()))).toBe(refusal);
  });

  it('K3 a log of more than a thousand entries, or an entry above its size, is not read', async () => {
    expect(
      await refusalOf(
        alice,
        Array.from({ length: 1001 }, () => entries[0] as Bytes),
      ),
    ).toBe('too_long');
    expect(await refusalOf(alice, [new Uint8Array(4096)])).toBe('too_long');
  });

  it('K4 bytes that change while the log is checked are not those that were checked', async () => {
    const given = pick(0, 1, 2, 3).map((entry) => entry.slice());
    const checking = refusalOf(alice, given);
    for (const entry of given) entry.fill(0);
    expect(await checking).toBe('accepted');
  });
});
