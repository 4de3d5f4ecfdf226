import { beforeAll, describe, expect, it } from 'vitest';
import { alice, bob, type Machine, newMachine, refusalOf, SampleLog } from '../testing/sample-log.ts';
import { openEntry, signEntry } from './entry.ts';
import { createRootEntry } from './kinds/root.ts';
import { activeDevices } from './verified-key-log.ts';

let machine: Machine;
let sample: SampleLog;
beforeAll(async () => {
  machine = await newMachine();
  sample = await SampleLog.begin(alice, machine);
});

describe('root entry', () => {
  it('K4 it verifies, and gives the device its key and the account its name', () => {
    const { log } = sample;
    expect(log).toMatchObject({ version: 2, account: alice, username: 'Alice', skeleton: 'alice', needsNewer: false });
    expect(activeDevices(log)).toEqual([
      { ...machine, key: machine.key.publicKey, addedAt: 0, removedAt: null, time: sample.time, how: null, by: null },
    ]);
    expect(log.root).toHaveLength(32);
    expect(log.hashes).toEqual([log.root]);
    expect(log.head).toEqual({ index: 0, hash: log.root });
  });

  it('K4 the root is the hash of label and body, whatever the signature is', async () => {
    const [entry] = sample.log.entries;
    const { bodyBytes } = openEntry(entry as Uint8Array<ArrayBuffer>);
    const message = new Uint8Array([...new TextEncoder().encode('undertone key log 2\n'), ...bodyBytes]);
    expect(sample.log.root).toEqual(new Uint8Array(await crypto.subtle.digest('SHA-256', message)));
  });

  it('K4 an empty log and the log of another account are refused', async () => {
    expect(await refusalOf(bob, sample.log.entries)).toBe('wrong_account');
    expect(await refusalOf(alice, [])).toBe('malformed');
  });

  it.each([
    ['another signer', { signer: '7b62fa1c-6c4d-4bb1-8d50-0f6ff0a4a003' as Machine['device'] }, 'wrong_signer'],
    ['the recovery key as signer', { signer: 'recovery' as const }, 'wrong_signer'],
    ['an index', { index: 1 }, 'broken_chain'],
    ['an entry before it', { previous: new Uint8Array(32) }, 'broken_chain'],
    ['a root', { root: new Uint8Array(32) }, 'wrong_root'],
    ['another kind', { kind: 'add_device' }, 'malformed'],
    ['an unknown kind', { kind: 'origin' }, 'malformed'],
  ])('K4 a first entry with %s is refused', async (_, change, refusal) => {
    const { body } = openEntry(sample.log.entries[0] as Uint8Array<ArrayBuffer>);
    expect(await refusalOf(alice, [await signEntry({ ...body, ...change }, machine.key.privateKey)])).toBe(refusal);
  });

  it('K1 an entry that another key signed than the one it names is refused', async () => {
    const { privateKey } = (await newMachine()).key;
    const root = { username: 'Alice', skeleton: 'alice', time: sample.time };
    const identity = { account: alice, device: machine.device };
    const forged = await createRootEntry(identity, { publicKey: machine.key.publicKey, privateKey }, root);
    expect(await refusalOf(alice, [forged])).toBe('bad_signature');
  });

  it.each([
    ['no username', '', 'alice'],
    ['no look-alike key', 'Alice', ''],
    ['a username without end', 'a'.repeat(129), 'alice'],
    ['text that is not Unicode', 'Al\ud800ice', 'alice'],
  ])('K10 a root with %s is refused', async (_, username, skeleton) => {
    const identity = { account: alice, device: machine.device };
    const entry = await createRootEntry(identity, machine.key, { username, skeleton, time: 0 });
    expect(await refusalOf(alice, [entry])).toBe('malformed');
  });

  it('K10 the longest name fits: 32 Korean syllables, whose look-alike key is seven times as long', async () => {
    const identity = { account: alice, device: machine.device };
    const root = { username: '괚'.repeat(32), skeleton: 'ᄀ'.repeat(224), time: 2 ** 52 };
    expect(await refusalOf(alice, [await createRootEntry(identity, machine.key, root)])).toBe('accepted');
  });
});
