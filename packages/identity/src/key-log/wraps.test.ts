import { limits } from '@undertone/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { alice, code, hpkeKey, type Machine, newMachine, SampleLog } from '../testing/sample-log.ts';
import { createSetRecovery } from './kinds/set-recovery.ts';
import { createSetWraps } from './kinds/set-wraps.ts';
import type { KeyLogWrap } from './verified-key-log.ts';

let laptop: Machine;
let recovery: Machine;
let sample: SampleLog;
beforeEach(async () => {
  [laptop, recovery] = [await newMachine(), await newMachine()];
  sample = await SampleLog.begin(alice, laptop);
});

const passkey = (): KeyLogWrap => ({ id: crypto.randomUUID(), kind: 'passkey', hash: new Uint8Array(32).fill(2) });
const passkeys = (length: number) => Array.from({ length }, passkey);
const set = (wraps: readonly KeyLogWrap[]) =>
  createSetRecovery(sample.by(laptop), { signKey: recovery.key, hpkeKey, wraps });
const add = (wraps: readonly KeyLogWrap[]) => createSetWraps(sample.byRecovery(recovery.key), wraps);

describe('wraps of the recovery secret', () => {
  it('K2 there is exactly one code among them, each id once, eight at most', async () => {
    const twice = passkey();
    expect(await sample.refusal(set([code(), ...passkeys(7)]))).toBe('accepted');
    expect(await sample.refusal(set([passkey()]))).toBe('wraps_refused');
    expect(await sample.refusal(set([code(), code()]))).toBe('wraps_refused');
    expect(await sample.refusal(set([code(), twice, twice]))).toBe('wraps_refused');
    expect(await sample.refusal(set([code(), ...passkeys(8)]))).toBe('malformed');
    expect(await sample.refusal(set([]))).toBe('malformed');
  });

  it('K2 the recovery key adds more, of which none is a second code and none stands there already', async () => {
    const first = code();
    const [one, ...more] = passkeys(8);
    await sample.take(set([first]));
    expect(await sample.refusal(createSetWraps(sample.by(laptop), [passkey()]))).toBe('wrong_signer');
    expect(await sample.refusal(add([code()]))).toBe('wraps_refused');
    expect(await sample.refusal(add([{ ...passkey(), id: first.id }]))).toBe('wraps_refused');
    expect(await sample.refusal(add([]))).toBe('malformed');
    await sample.take(add([one as KeyLogWrap]));
    expect(sample.log.recovery?.wraps).toEqual([first, one]);
    expect(await sample.refusal(add(more))).toBe('wraps_refused');
    expect(await sample.refusal(add(more.slice(1)))).toBe('accepted');
  });

  it('K2 the largest entry that sets a recovery key fits', async () => {
    const entry = await set([code(), ...passkeys(7)].map((wrap) => ({ ...wrap, kind: wrap.kind.padEnd(32, 'x') })));
    expect(entry.length).toBeLessThan(limits.keyLogEntryMaxBytes);
  });
});
