import type { DeviceId } from '@undertone/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { alice, bob, type Machine, newMachine, noApproval, SampleLog } from '../testing/sample-log.ts';
import { signDeviceProof } from './device-proof.ts';
import { createAddDevice } from './kinds/add-device.ts';
import { createRemoveDevice } from './kinds/remove-device.ts';
import { activeDevices } from './verified-key-log.ts';

let laptop: Machine;
let phone: Machine;
let sample: SampleLog;
beforeEach(async () => {
  [laptop, phone] = [await newMachine(), await newMachine()];
  sample = await SampleLog.begin(alice, laptop);
});

const add = (machine: Machine, removes: readonly DeviceId[] = []) => sample.added(sample.by(laptop), machine, removes);
const remove = (...devices: DeviceId[]) => createRemoveDevice(sample.by(laptop), devices);

describe('devices', () => {
  it('K1 a new device is noted with who added it, how and when', async () => {
    sample.after(3);
    await sample.take(add(phone));
    expect(sample.log.devices.get(phone.device)).toEqual({
      device: phone.device,
      key: phone.key.publicKey,
      addedAt: 1,
      removedAt: null,
      time: sample.time,
      how: 'emoji',
      by: laptop.device,
    });
  });

  it('K7 a removed device stays in the log with its key', async () => {
    await sample.take(add(phone));
    await sample.take(remove(phone.device));
    expect(sample.log.devices.get(phone.device)).toMatchObject({ key: phone.key.publicKey, addedAt: 1, removedAt: 2 });
    expect(activeDevices(sample.log).map(({ device }) => device)).toEqual([laptop.device]);
  });

  it.each(['active', 'removed'])('K1 the id of an %s device never gets another key', async (state) => {
    await sample.take(add(phone));
    if (state === 'removed') await sample.take(remove(phone.device));
    const rebound = { device: phone.device, key: (await newMachine()).key };
    expect(await sample.refusal(add(rebound))).toBe('device_taken');
  });

  it.each(['active', 'removed'])('K1 the key of an %s device never gets another id', async (state) => {
    await sample.take(add(phone));
    if (state === 'removed') await sample.take(remove(phone.device));
    const rebound = { device: (await newMachine()).device, key: phone.key };
    expect(await sample.refusal(add(rebound))).toBe('key_taken');
  });

  it('K1 a removed device does not come back as it was', async () => {
    await sample.take(add(phone));
    await sample.take(remove(phone.device));
    expect(await sample.refusal(add(phone))).toBe('device_taken');
  });

  it('K1 a ninth active device is refused; once one is removed there is room', async () => {
    const more = await Promise.all(Array.from({ length: 8 }, newMachine));
    for (const machine of more.slice(0, 7)) await sample.take(add(machine));
    const ninth = more[7] as Machine;
    expect(await sample.refusal(add(ninth))).toBe('too_many_devices');
    await sample.take(remove(more[0]?.device as DeviceId));
    expect(await sample.refusal(add(ninth))).toBe('accepted');
  });

  it('K1 the last device is not removed, unless a recovery key could add another', async () => {
    expect(await sample.refusal(remove(laptop.device))).toBe('no_device_left');
    await sample.take(sample.recoverySet(sample.by(laptop), phone.key));
    await sample.take(remove(laptop.device));
    expect(activeDevices(sample.log)).toEqual([]);
    const fresh = await newMachine();
    await sample.take(sample.added(sample.byRecovery(phone.key), fresh));
    expect(activeDevices(sample.log)).toMatchObject([{ device: fresh.device, by: 'recovery' }]);
  });

  it('K1 only active devices are removed, each once, and at least one', async () => {
    await sample.take(add(phone));
    expect(await sample.refusal(remove((await newMachine()).device))).toBe('unknown_device');
    expect(await sample.refusal(remove(phone.device, phone.device))).toBe('malformed');
    expect(await sample.refusal(remove())).toBe('malformed');
    await sample.take(remove(phone.device));
    expect(await sample.refusal(remove(phone.device))).toBe('unknown_device');
  });

  it('K1 a device does not remove others in the entry that adds one', async () => {
    await sample.take(add(phone));
    expect(await sample.refusal(add(await newMachine(), [phone.device]))).toBe('wrong_signer');
  });
});

describe('device proofs', () => {
  it('K1 a key is named only with the word of its holder for this account, root, device and approval', async () => {
    const { device, key } = phone;
    const approval = new Uint8Array(32).fill(3);
    const other = await newMachine();
    const otherRoot = await SampleLog.begin(alice, other);
    const entry = async (proof: Uint8Array<ArrayBuffer>) =>
      await createAddDevice(sample.by(laptop), { device, key: key.publicKey, how: 'qr', approval, proof });
    expect(await sample.refusal(entry(await signDeviceProof(sample.log, device, key, approval)))).toBe('accepted');
    const wrong = [
      await signDeviceProof({ ...sample.log, account: bob }, device, key, approval),
      await signDeviceProof(otherRoot.log, device, key, approval),
      await signDeviceProof(sample.log, other.device, key, approval),
      await signDeviceProof(sample.log, device, key, noApproval),
      await signDeviceProof(sample.log, device, { ...key, privateKey: other.key.privateKey }, approval),
      new Uint8Array(64),
    ];
    for (const proof of wrong) expect(await sample.refusal(entry(proof))).toBe('bad_proof');
  });
});
