import { beforeEach, describe, expect, it } from 'vitest';
import { alice, type Machine, newMachine, refusalOf, SampleLog } from '../testing/sample-log.ts';
import { compareKeyLogs } from './compare-key-logs.ts';
import { createRemoveDevice } from './kinds/remove-device.ts';
import { signNextEntry } from './next-entry.ts';
import { verifyKeyLog } from './verify-key-log.ts';

let laptop: Machine;
let phone: Machine;
let sample: SampleLog;
beforeEach(async () => {
  [laptop, phone] = [await newMachine(), await newMachine()];
  sample = await SampleLog.begin(alice, laptop);
  await sample.take(sample.added(sample.by(laptop), phone));
});

const future = async (kind = 'lend_device', payload: readonly unknown[] = [['x', 1], null, true]) =>
  await signNextEntry(sample.by(laptop), kind, payload);

describe('kinds that this version does not know', () => {
  it('K12 what comes before counts, and a newer version is needed', async () => {
    const before = sample.log;
    await sample.take(future());
    expect(sample.log).toMatchObject({ needsNewer: true, username: 'Alice', head: { index: 2 } });
    expect(sample.log.devices).toEqual(before.devices);
    expect(compareKeyLogs(before, sample.log)).toBe('extends');
  });

  it('K12 what follows is not read, since it cannot be checked: nothing of it changes what the log says', async () => {
    await sample.take(future());
    const stopped = sample.log;
    const next = await createRemoveDevice(sample.by(laptop), [phone.device]);
    const garbage = new Uint8Array([1, 2, 3]);
    for (const entries of [[next], [garbage], [next, garbage]]) {
      const log = await verifyKeyLog(alice, [...stopped.entries, ...entries]);
      expect(compareKeyLogs(stopped, log)).toBe('same');
      expect(log.devices.get(phone.device)?.removedAt).toBeNull();
    }
  });

  it('K12 two different entries of unknown kinds at one index are a fork', async () => {
    const [one, other] = [sample.branch(), sample.branch()];
    await one.take(future('lend_device'));
    await other.take(future('sell_device'));
    expect(compareKeyLogs(one.log, other.log)).toBe('forked');
  });

  it('K12 it has to be signed as any other', async () => {
    const at = sample.by(laptop);
    const stranger = await newMachine();
    expect(await sample.refusal(signNextEntry(sample.by(stranger), 'lend_device', []))).toBe('wrong_signer');
    const forged = { ...at, signer: { ...at.signer, key: stranger.key.privateKey } };
    expect(await sample.refusal(signNextEntry(forged, 'lend_device', []))).toBe('bad_signature');
    expect(await sample.refusal(signNextEntry(sample.byRecovery(stranger.key), 'lend_device', []))).toBe(
      'wrong_signer',
    );
    const elsewhere = { ...at, log: { ...sample.log, head: { index: 0, hash: sample.log.root } } };
    expect(await sample.refusal(signNextEntry(elsewhere, 'lend_device', []))).toBe('broken_chain');
  });

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
    'K12 no kind is known by accident of its name: %s',
    async (kind) => {
      expect(await sample.refusal(future(kind))).toBe(kind === 'constructor' ? 'accepted' : 'malformed');
    },
  );

  it.each([
    ['a map', [{ a: 1 }]],
    ['a fraction', [0.5]],
    ['a number that is too large', [2 ** 60]],
    ['text that is not Unicode', ['\ud800']],
  ])('K4 no payload has %s', async (_, payload) => {
    expect(await sample.refusal(future('lend_device', payload))).toBe('malformed');
  });

  it('K12 a log does not begin with one', async () => {
    expect(await refusalOf(alice, [await future()])).toBe('malformed');
  });
});
