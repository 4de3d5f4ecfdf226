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

  it('I8 a root that is first seen as an old one vouches for nothing of now', async () => {
    const planted = await newRoot(bob, 0);
    const genuine = await newRoot(bob, 1);
    logs = [planted.log, genuine.log];
    const book = await openBook();
    await book.load([bob]);
    expect(book.trust(bob)).toBe('known');
    expect(book.devices(bob)).toEqual([genuine.device]);
    expect([book.isFormer(bob, planted.device), book.isFormer(bob, genuine.device)]).toEqual([true, false]);
    expect(book.isCurrent(bob, planted.device)).toBe(false);
    const reopened = await openBook();
    expect(reopened.isFormer(bob, planted.device)).toBe(true);
  });

  it('I8 a root that was the newest once is not an old one by the word of the server', async () => {
    const first = await newRoot(bob, 0);
    logs = [first.log];
    const book = await openBook();
    await book.load([bob]);
    logs = [first.log, (await newRoot(bob, 1)).log];
    await book.refresh([bob]);
    expect(book.isFormer(bob, first.device)).toBe(false);
    expect(book.isCurrent(bob, first.device)).toBe(false);
  });

  it("I8 one's own root is the one with one's own key, whatever the server tells first", async () => {
    const own = await newRoot(bob, 1);
    const older = await newRoot(bob, 0);
    const ghost = await newRoot(bob, 2);
    const self = { account: bob, device: own.device, publicKey: own.key };
    logs = [older.log, own.log];
    const book = await IdentityBook.open(source, vault, () => {}, self);
    expect(await book.validate(own.identity, own.key)).toBe(true);
    expect(asked).toBe(0);
    await book.load([bob]);
    expect(book.trust(bob)).toBe('known');
    logs = [ghost.log, own.log, older.log];
    const other = await IdentityBook.open(source, await Vault.open(new MemoryBackend()), () => {}, self);
    expect(await other.validate(ghost.identity, ghost.key)).toBe(true);
    expect(other.trust(bob)).toBe('changed');
    expect(other.root(bob)).toEqual(book.root(bob));
    expect(other.isCurrent(bob, ghost.device)).toBe(false);
  });
});
