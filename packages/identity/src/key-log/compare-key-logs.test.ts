import { beforeAll, describe, expect, it } from 'vitest';
import { alice, bob, type Machine, newMachine, SampleLog } from '../testing/sample-log.ts';
import { compareKeyLogs } from './compare-key-logs.ts';
import { createRemoveDevice } from './kinds/remove-device.ts';

let laptop: Machine;
let phone: Machine;
let short: SampleLog;
let long: SampleLog;
beforeAll(async () => {
  [laptop, phone] = [await newMachine(), await newMachine()];
  short = await SampleLog.begin(alice, laptop);
  await short.take(short.added(short.by(laptop), phone));
  long = short.branch();
  await long.take(createRemoveDevice(long.by(laptop), [phone.device]));
});

describe('a log that is offered, next to the one that is held', () => {
  it('K5 it is the same, goes on, or is rolled back', () => {
    expect(compareKeyLogs(long.log, long.log)).toBe('same');
    expect(compareKeyLogs(short.log, long.log)).toBe('extends');
    expect(compareKeyLogs(long.log, short.log)).toBe('shorter');
  });

  it('K5 two entries at one index are a fork, whichever log is longer', async () => {
    const other = short.branch().after(1);
    await other.take(createRemoveDevice(other.by(phone), [laptop.device]));
    expect(compareKeyLogs(long.log, other.log)).toBe('forked');
    const recovery = await newMachine();
    await other.take(other.recoverySet(other.by(phone), recovery.key));
    expect(compareKeyLogs(long.log, other.log)).toBe('forked');
    expect(compareKeyLogs(other.log, long.log)).toBe('forked');
    expect(compareKeyLogs(other.log, short.log)).toBe('shorter');
  });

  it('K5 another root is another identity, of this account or of another', async () => {
    const again = await SampleLog.begin(alice, await newMachine());
    const foreign = await SampleLog.begin(bob, laptop);
    expect(compareKeyLogs(short.log, again.log)).toBe('other_root');
    expect(compareKeyLogs(short.log, foreign.log)).toBe('other_root');
    const relabelled = { ...short.log, account: bob };
    expect(compareKeyLogs(short.log, relabelled)).toBe('other_root');
  });
});
