import { beforeEach, describe, expect, it } from 'vitest';
import { alice, type Machine, newMachine, SampleLog } from '../testing/sample-log.ts';
import { createRemoveDevice } from './kinds/remove-device.ts';
import { createSetArchive } from './kinds/set-archive.ts';
import type { EntryPosition } from './next-entry.ts';

let laptop: Machine;
let phone: Machine;
let stranger: Machine;
let recovery: Machine;
let sample: SampleLog;
beforeEach(async () => {
  [laptop, phone, stranger, recovery] = [
    await newMachine(),
    await newMachine(),
    await newMachine(),
    await newMachine(),
  ];
  sample = await SampleLog.begin(alice, laptop);
  await sample.take(sample.added(sample.by(laptop), phone));
});

const archive = (at: EntryPosition) => createSetArchive(at, { generation: 1, manifestHash: new Uint8Array(32) });

describe('signers', () => {
  it('K1 every active device may sign, also one that another device added', async () => {
    expect(await sample.refusal(archive(sample.by(laptop)))).toBe('accepted');
    expect(await sample.refusal(archive(sample.by(phone)))).toBe('accepted');
  });

  it('K1 a device that the log does not name may not sign', async () => {
    expect(await sample.refusal(archive(sample.by(stranger)))).toBe('wrong_signer');
  });

  it('K1 nobody signs in the name of a device with another key', async () => {
    const forged = { ...sample.by(phone), signer: { id: phone.device, key: stranger.key.privateKey } };
    expect(await sample.refusal(archive(forged))).toBe('bad_signature');
    const swapped = { ...sample.by(phone), signer: { id: phone.device, key: laptop.key.privateKey } };
    expect(await sample.refusal(archive(swapped))).toBe('bad_signature');
  });

  it('K1 a device does not sign its own addition', async () => {
    expect(await sample.refusal(sample.added(sample.by(stranger), stranger))).toBe('wrong_signer');
  });

  it('K1 a removed device signs nothing more, and what it signed before stays', async () => {
    await sample.take(archive(sample.by(phone)));
    await sample.take(createRemoveDevice(sample.by(laptop), [phone.device]));
    expect(sample.log.archive?.generation).toBe(1);
    const late = createSetArchive(sample.by(phone), { generation: 2, manifestHash: new Uint8Array(32) });
    expect(await sample.refusal(late)).toBe('wrong_signer');
  });

  it('K4 of two removals of each other the first counts', async () => {
    const [one, other] = [sample.branch(), sample.branch()];
    const removesPhone = await createRemoveDevice(one.by(laptop), [phone.device]);
    const removesLaptop = await createRemoveDevice(other.by(phone), [laptop.device]);
    await sample.take(removesPhone);
    expect(await sample.refusal(removesLaptop)).toBe('broken_chain');
    expect(await sample.refusal(createRemoveDevice(sample.by(phone), [laptop.device]))).toBe('wrong_signer');
  });

  it('K4 the recovery key overrules the device that removed all others', async () => {
    await sample.take(sample.recoverySet(sample.by(laptop), recovery.key));
    await sample.take(createRemoveDevice(sample.by(phone), [laptop.device]));
    const fresh = await newMachine();
    await sample.take(sample.added(sample.byRecovery(recovery.key), fresh, [phone.device]));
    expect(sample.log.devices.get(phone.device)?.removedAt).toBe(4);
    expect(sample.log.devices.get(fresh.device)).toMatchObject({ addedAt: 4, removedAt: null, by: 'recovery' });
  });

  it('K1 there is no recovery signer before a recovery key is set, and then only that key', async () => {
    expect(await sample.refusal(archive(sample.byRecovery(recovery.key)))).toBe('wrong_signer');
    await sample.take(sample.recoverySet(sample.by(laptop), recovery.key));
    expect(await sample.refusal(archive(sample.byRecovery(recovery.key)))).toBe('accepted');
    expect(await sample.refusal(archive(sample.byRecovery(stranger.key)))).toBe('bad_signature');
    expect(await sample.refusal(archive(sample.byRecovery(laptop.key)))).toBe('bad_signature');
  });
});
