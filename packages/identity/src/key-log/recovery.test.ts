import { beforeEach, describe, expect, it } from 'vitest';
import { alice, bob, dayMs, hpkeKey, type Machine, newMachine, SampleLog } from '../testing/sample-log.ts';
import { createKeepRecovery } from './kinds/keep-recovery.ts';
import { createRecoveryLost } from './kinds/recovery-lost.ts';
import { createRemoveDevice } from './kinds/remove-device.ts';
import { createRemoveRecovery } from './kinds/remove-recovery.ts';
import { createSetArchive } from './kinds/set-archive.ts';
import { createSetWraps } from './kinds/set-wraps.ts';
import { signNextEntry } from './next-entry.ts';
import { signRecoveryProof } from './recovery-proof.ts';

let laptop: Machine;
let stolen: Machine;
let recovery: Machine;
let another: Machine;
/** Two devices, one of them in a thief's hands, and a recovery key. */
let sample: SampleLog;
beforeEach(async () => {
  [laptop, stolen, recovery, another] = [
    await newMachine(),
    await newMachine(),
    await newMachine(),
    await newMachine(),
  ];
  sample = await SampleLog.begin(alice, laptop);
  await sample.take(sample.added(sample.by(laptop), stolen));
  await sample.take(sample.recoverySet(sample.by(laptop), recovery.key));
});

const replaces = (machine: Machine) => sample.recoverySet(sample.by(machine), another.key);

describe('the recovery key', () => {
  it('K2 the first is set by any active device', async () => {
    const fresh = await SampleLog.begin(alice, laptop);
    await fresh.take(fresh.added(fresh.by(laptop), stolen));
    expect(await fresh.refusal(fresh.recoverySet(fresh.by(stolen), recovery.key))).toBe('accepted');
    expect(sample.log.recovery).toMatchObject({ signKey: recovery.key.publicKey, hpkeKey, setAt: 2, lost: null });
  });

  it('K2 a thief with one device neither replaces nor removes it', async () => {
    expect(await sample.refusal(replaces(stolen))).toBe('recovery_held');
    expect(await sample.refusal(createRemoveRecovery(sample.by(stolen)))).toBe('recovery_held');
    await sample.take(createRemoveDevice(sample.by(stolen), [laptop.device]));
    sample.after(365);
    expect(await sample.refusal(replaces(stolen))).toBe('recovery_held');
  });

  it('K2 the recovery key replaces and removes itself at once; the one before signs nothing more', async () => {
    expect(await sample.refusal(createRemoveRecovery(sample.byRecovery(recovery.key)))).toBe('accepted');
    await sample.take(sample.recoverySet(sample.byRecovery(recovery.key), another.key));
    expect(await sample.refusal(createKeepRecovery(sample.byRecovery(recovery.key)))).toBe('bad_signature');
    await sample.take(createRemoveRecovery(sample.byRecovery(another.key)));
    expect(sample.log.recovery).toBeNull();
    expect(await sample.refusal(createKeepRecovery(sample.byRecovery(another.key)))).toBe('wrong_signer');
  });

  it('K2 a former recovery key is never set again, nor a key that is a device, nor a device that is a recovery key', async () => {
    await sample.take(sample.recoverySet(sample.byRecovery(recovery.key), another.key));
    expect(await sample.refusal(sample.recoverySet(sample.byRecovery(another.key), recovery.key))).toBe('key_taken');
    expect(await sample.refusal(sample.recoverySet(sample.byRecovery(another.key), laptop.key))).toBe('key_taken');
    expect(await sample.refusal(sample.added(sample.by(laptop), recovery))).toBe('key_taken');
  });

  it('K1 it is not removed while there is no device', async () => {
    await sample.take(createRemoveDevice(sample.by(laptop), [laptop.device, stolen.device]));
    expect(await sample.refusal(createRemoveRecovery(sample.byRecovery(recovery.key)))).toBe('no_device_left');
  });

  it('K2 it is set only with its own word for this account, this root and both keys', async () => {
    const { publicKey } = another.key;
    const wraps = [[crypto.randomUUID(), 'code', new Uint8Array(32)]];
    const entry = async (proof: Uint8Array<ArrayBuffer>) =>
      await signNextEntry(sample.byRecovery(recovery.key), 'set_recovery', [publicKey, hpkeKey, wraps, proof]);
    expect(await sample.refusal(entry(await signRecoveryProof(sample.log, another.key, hpkeKey)))).toBe('accepted');
    const foreign = { publicKey, privateKey: laptop.key.privateKey };
    const wrong = [
      await signRecoveryProof({ ...sample.log, account: bob }, another.key, hpkeKey),
      await signRecoveryProof({ ...sample.log, root: new Uint8Array(32) }, another.key, hpkeKey),
      await signRecoveryProof(sample.log, another.key, new Uint8Array(32)),
      await signRecoveryProof(sample.log, foreign, hpkeKey),
      new Uint8Array(64),
    ];
    for (const proof of wrong) expect(await sample.refusal(entry(proof))).toBe('bad_proof');
  });
});

describe('the wait', () => {
  it.each([
    ['a millisecond before seven days', 7 * dayMs - 1, 'recovery_held'],
    ['after seven days', 7 * dayMs, 'accepted'],
  ])('K2 %s from recovery_lost a device gets: %s', async (_, waitMs, result) => {
    await sample.take(createRecoveryLost(sample.by(laptop)));
    sample.time += waitMs;
    expect(await sample.refusal(replaces(laptop))).toBe(result);
    expect(await sample.refusal(replaces(stolen))).toBe(result);
    expect(await sample.refusal(createRemoveRecovery(sample.by(laptop)))).toBe(result);
  });

  it('K2 after it the new key has no wait running, and the next one waits as long', async () => {
    await sample.take(createRecoveryLost(sample.by(laptop)));
    sample.after(7);
    await sample.take(replaces(laptop));
    expect(sample.log.recovery).toMatchObject({ signKey: another.key.publicKey, lost: null });
    const third = await newMachine();
    expect(await sample.refusal(sample.recoverySet(sample.by(laptop), third.key))).toBe('recovery_held');
  });

  it.each<[string, () => Promise<Uint8Array<ArrayBuffer>>]>([
    ['a device that keeps it', () => createKeepRecovery(sample.by(laptop))],
    ['the recovery key, by keeping', () => createKeepRecovery(sample.byRecovery(recovery.key))],
    [
      'the recovery key, by anything else',
      () => createSetArchive(sample.byRecovery(recovery.key), { generation: 1, manifestHash: new Uint8Array(32) }),
    ],
    [
      'the recovery key, by more wraps',
      () =>
        createSetWraps(sample.byRecovery(recovery.key), [
          { id: crypto.randomUUID(), kind: 'passkey', hash: new Uint8Array(32) },
        ]),
    ],
    [
      'the recovery key, by removing the thief',
      () => createRemoveDevice(sample.byRecovery(recovery.key), [laptop.device]),
    ],
  ])('K2 it is ended by %s', async (_, contradicts) => {
    await sample.take(createRecoveryLost(sample.by(stolen)));
    sample.after(6);
    await sample.take(contradicts());
    expect(sample.log.recovery?.lost).toBeNull();
    sample.after(30);
    expect(await sample.refusal(replaces(stolen))).toBe('recovery_held');
  });

  it('K2 after a contradiction it takes seven days from the next declaration', async () => {
    await sample.take(createRecoveryLost(sample.by(stolen)));
    sample.after(6);
    await sample.take(createKeepRecovery(sample.by(laptop)));
    await sample.take(createRecoveryLost(sample.by(stolen)));
    sample.after(6);
    expect(await sample.refusal(replaces(stolen))).toBe('recovery_held');
    sample.after(1);
    expect(await sample.refusal(replaces(stolen))).toBe('accepted');
  });

  it('K2 a device that was added or removed meanwhile changes nothing about it', async () => {
    await sample.take(createRecoveryLost(sample.by(stolen)));
    sample.after(7);
    await sample.take(createRemoveDevice(sample.by(laptop), [stolen.device]));
    expect(await sample.refusal(replaces(stolen))).toBe('wrong_signer');
    expect(await sample.refusal(replaces(laptop))).toBe('accepted');
  });

  it('K2 times that fall would end it early: they are refused', async () => {
    await sample.take(createRecoveryLost(sample.by(stolen)));
    sample.time -= 1;
    expect(await sample.refusal(createKeepRecovery(sample.by(laptop)))).toBe('time_falls');
  });

  it('K2 it is begun by a device, once, and only while a recovery key is set', async () => {
    expect(await sample.refusal(createRecoveryLost(sample.byRecovery(recovery.key)))).toBe('wrong_signer');
    await sample.take(createRecoveryLost(sample.by(laptop)));
    expect(await sample.refusal(createRecoveryLost(sample.by(stolen)))).toBe('recovery_lost_already');
    await sample.take(createRemoveRecovery(sample.byRecovery(recovery.key)));
    for (const create of [createRecoveryLost, createKeepRecovery, createRemoveRecovery]) {
      expect(await sample.refusal(create(sample.by(laptop)))).toBe('no_recovery');
    }
    expect(await sample.refusal(replaces(stolen))).toBe('accepted');
  });

  it('K4 an entry that has no payload has none', async () => {
    for (const kind of ['recovery_lost', 'keep_recovery', 'remove_recovery']) {
      expect(await sample.refusal(signNextEntry(sample.by(laptop), kind, [1]))).toBe('malformed');
    }
  });
});
