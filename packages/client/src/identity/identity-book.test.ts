import { createRootEntry, encodeIdentity, generateSigningKey } from '@undertone/identity';
import { type AccountId, type DeviceId, type KeyLog, toBase64url } from '@undertone/protocol';
import { Vault } from '@undertone/vault';
import { MemoryBackend } from '@undertone/vault/memory';
import { beforeEach, describe, expect, it } from 'vitest';
import { IdentityBook } from './identity-book.ts';

const bob = '11111111-1111-4111-8111-111111111111' as AccountId;

async function newRoot(account: AccountId, root: number) {
  const device = crypto.randomUUID() as DeviceId;
  const key = await generateSigningKey();
  const log: KeyLog = { account, root, entries: [toBase64url(await createRootEntry({ account, device }, key))] };
  return { device, key: key.publicKey, log, identity: encodeIdentity({ account, device }) };
}

describe('identity book', () => {
  let logs: KeyLog[];
  let asked: number;
  let vault: Vault;
  const source = {
    keyLogs: async (accounts: readonly string[]) => {
      asked += 1;
      return { logs: logs.filter((log) => accounts.includes(log.account)) };
    },
  };
  const openBook = () => IdentityBook.open(source, vault, () => {});

  beforeEach(async () => {
    logs = [];
    asked = 0;
    vault = await Vault.open(new MemoryBackend());
  });

  it('I4 vouches for the device and key of the log, and for no other', async () => {
    const root = await newRoot(bob, 0);
    logs = [root.log];
    const book = await openBook();
    expect(await book.validate(root.identity, root.key)).toBe(true);
    expect(await book.validate(root.identity, (await generateSigningKey()).publicKey)).toBe(false);
    const stranger = encodeIdentity({ account: bob, device: crypto.randomUUID() as DeviceId });
    expect(await book.validate(stranger, root.key)).toBe(false);
    expect(await book.validate(new TextEncoder().encode('bob'), root.key)).toBe(false);
  });

  it('I4 a log that does not verify gives no keys', async () => {
    const root = await newRoot(bob, 0);
    const other = '99999999-9999-4999-8999-999999999999' as AccountId;
    logs = [{ ...root.log, account: other }];
    const book = await openBook();
    expect(await book.validate(encodeIdentity({ account: other, device: root.device }), root.key)).toBe(false);
  });

  it('I5 pins the first root; a second one is a change until it was looked at', async () => {
    const first = await newRoot(bob, 0);
    logs = [first.log];
    const book = await openBook();
    await book.load([bob]);
    expect(book.trust(bob)).toBe('known');
    const second = await newRoot(bob, 1);
    logs = [first.log, second.log];
    await book.refresh([bob]);
    expect(book.trust(bob)).toBe('changed');
    await book.acknowledge(bob);
    expect(book.trust(bob)).toBe('known');
    expect((await openBook()).trust(bob)).toBe('known');
  });

  it('I5 verified means this very root; a new one takes the mark away', async () => {
    const first = await newRoot(bob, 0);
    logs = [first.log];
    const book = await openBook();
    await book.load([bob]);
    await book.setVerified(bob, true);
    expect(book.trust(bob)).toBe('verified');
    logs = [first.log, (await newRoot(bob, 1)).log];
    await book.refresh([bob]);
    expect(book.trust(bob)).toBe('changed');
    await book.acknowledge(bob);
    expect(book.trust(bob)).toBe('known');
  });

  it('I5 a root slipped in under an old number is a change too', async () => {
    logs = [(await newRoot(bob, 1)).log];
    const book = await openBook();
    await book.load([bob]);
    logs = [(await newRoot(bob, 0)).log, ...logs];
    await book.refresh([bob]);
    expect(book.trust(bob)).toBe('changed');
  });

  it('I5 a root that the server hides later is not forgotten', async () => {
    const first = await newRoot(bob, 0);
    logs = [first.log];
    const book = await openBook();
    await book.load([bob]);
    logs = [(await newRoot(bob, 0)).log];
    await book.refresh([bob]);
    expect(book.trust(bob)).toBe('changed');
    expect(book.deviceKey(bob, first.device)).toEqual(first.key);
  });

  it('I8 leaves of an earlier root still authenticate', async () => {
    const first = await newRoot(bob, 0);
    const second = await newRoot(bob, 1);
    logs = [first.log, second.log];
    const book = await openBook();
    expect(await book.validate(first.identity, first.key)).toBe(true);
    expect(await book.validate(second.identity, second.key)).toBe(true);
  });

  it('asks once for many, and not again for those it knows', async () => {
    logs = [(await newRoot(bob, 0)).log];
    const book = await openBook();
    await Promise.all([book.load([bob]), book.load([bob]), book.load([bob])]);
    await book.load([bob]);
    expect(asked).toBe(1);
  });
});
