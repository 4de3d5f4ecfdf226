import type { DeviceId } from '@undertone/protocol';
import { beforeAll, describe, expect, it } from 'vitest';
import { alice, type Bytes, bob, type Machine, newMachine, refusalOf, SampleLog } from '../testing/sample-log.ts';
import { createVersion1Entry } from '../testing/version-1-entry.ts';
import { encodeCanonical } from './canonical.ts';
import { compareKeyLogs, upgrades } from './compare-key-logs.ts';
import { openSigned } from './entry.ts';
import { activeDevices, type VerifiedKeyLog } from './verified-key-log.ts';
import { verifyKeyLog } from './verify-key-log.ts';

let machine: Machine;
let entry: Bytes;
let log: VerifiedKeyLog;
beforeAll(async () => {
  machine = await newMachine();
  entry = await createVersion1Entry({ account: alice, device: machine.device }, machine.key);
  log = await verifyKeyLog(alice, [entry]);
});

describe('logs of version 1', () => {
  it('I2 one verifies still; its root is the hash of its entry', async () => {
    const root = new Uint8Array(await crypto.subtle.digest('SHA-256', entry));
    expect(log).toMatchObject({ version: 1, account: alice, root, username: null, skeleton: null, needsNewer: false });
    expect(log).toMatchObject({ hashes: [root], head: { index: 0, hash: root }, entries: [entry], recovery: null });
    expect(activeDevices(log)).toEqual([
      {
        device: machine.device,
        key: machine.key.publicKey,
        addedAt: 0,
        removedAt: null,
        time: null,
        how: null,
        by: null,
      },
    ]);
  });

  it('I3 one of another account, with another signature, or with more entries is refused', async () => {
    expect(await refusalOf(bob, [entry])).toBe('wrong_account');
    expect(await refusalOf(alice, [entry, entry])).toBe('malformed');
    const [body] = openSigned(entry);
    const impostor = await newMachine();
    const forged = await createVersion1Entry({ account: alice, device: machine.device }, impostor.key);
    expect(await refusalOf(alice, [encodeCanonical([body, openSigned(forged)[1]])])).toBe('bad_signature');
    const sample = await SampleLog.begin(alice, machine);
    expect(await refusalOf(alice, [entry, ...sample.log.entries])).toBe('malformed');
    expect(await refusalOf(alice, [...sample.log.entries, entry])).toBe('malformed');
  });
});

describe('from version 1 to version 2', () => {
  it('K11 a root with the same device and key upgrades the log; it is another root all the same', async () => {
    const { log: newer } = await SampleLog.begin(alice, machine);
    expect(upgrades(log, newer)).toBe(true);
    expect(compareKeyLogs(log, newer)).toBe('other_root');
  });

  it('K11 a root with another device or another key does not', async () => {
    const other = await newMachine();
    for (const root of [other, { ...other, device: machine.device }, { ...other, key: machine.key }]) {
      expect(upgrades(log, (await SampleLog.begin(alice, root)).log)).toBe(false);
    }
  });

  it('K11 the device has to be that of the root, not one that was added later', async () => {
    const other = await newMachine();
    const sample = await SampleLog.begin(alice, other);
    await sample.take(sample.added(sample.by(other), machine));
    expect(upgrades(log, sample.log)).toBe(false);
  });

  it('K11 nothing but a version 2 log upgrades, and only where one device was known', async () => {
    const { log: newer } = await SampleLog.begin(alice, machine);
    expect(upgrades(log, log)).toBe(false);
    const [only] = activeDevices(log);
    const two = new Map([...log.devices, [crypto.randomUUID() as DeviceId, only as NonNullable<typeof only>]]);
    expect(upgrades({ ...log, devices: two }, newer)).toBe(false);
    expect(upgrades({ ...log, devices: new Map() }, newer)).toBe(false);
  });
});
