import { encodeIdentity, generateSigningKey, verifyKeyLog } from '@undertone/identity';
import { type AccountId, type DeviceId, fromBase64url, type KeyLog } from '@undertone/protocol';
import { Vault } from '@undertone/vault';
import { MemoryBackend } from '@undertone/vault/memory';
import { beforeEach, describe, expect, it } from 'vitest';
import { newRoot, ownIdentity, version1 } from '../testing/key-logs.ts';
import { IdentityBook, type OwnIdentity } from './identity-book.ts';
import { isSkeletonOf } from './username-skeleton.ts';

const bob = '11111111-1111-4111-8111-111111111111' as AccountId;
const mallory = '99999999-9999-4999-8999-999999999999' as AccountId;

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
  const openBook = (self?: OwnIdentity) =>
    IdentityBook.open({ source, vault, changed: () => {}, isSkeleton: isSkeletonOf, ...(self && { self }) });
  const shown = (book: IdentityBook, account: AccountId): [string, string] => {
    const one = book.shown(account);
    if (one === undefined) throw new Error('nothing is shown');
    return [one.root, one.head];
  };

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
    logs = [{ ...root.log, account: mallory }];
    const book = await openBook();
    expect(await book.validate(encodeIdentity({ account: mallory, device: root.device }), root.key)).toBe(false);
  });

  it('I5 pins the first root; a second one is a change until it was accepted', async () => {
    const first = await newRoot(bob, 0);
    logs = [first.log];
    const book = await openBook();
    await book.load([bob]);
    expect(book.trust(bob)).toBe('known');
    const [pinned] = shown(book, bob);
    logs = [first.log, (await newRoot(bob, 1)).log];
    await book.refresh([bob]);
    expect(book.trust(bob)).toBe('changed');
    expect(book.pinnedRoot(bob)).toBe(pinned);
    expect(book.devices(bob)).toEqual([first.device]);
    await book.accept(bob, ...shown(book, bob));
    expect(book.trust(bob)).toBe('known');
    expect(book.pinnedRoot(bob)).not.toBe(pinned);
    expect((await openBook()).trust(bob)).toBe('known');
  });

  it('I5 only the root that was on the screen is accepted or marked, not one that came after it', async () => {
    const first = await newRoot(bob, 0);
    logs = [first.log];
    const book = await openBook();
    await book.load([bob]);
    const looked = shown(book, bob);
    logs = [first.log, (await newRoot(bob, 1)).log];
    await book.refresh([bob]);
    await expect(book.setVerified(bob, looked[0], true)).rejects.toMatchObject({ code: 'identity_changed' });
    await expect(book.accept(bob, ...looked)).rejects.toMatchObject({ code: 'identity_changed' });
    expect(book.trust(bob)).toBe('changed');
    const second = shown(book, bob);
    logs = [...logs, (await newRoot(bob, 2)).log];
    await book.refresh([bob]);
    await expect(book.accept(bob, ...second)).rejects.toMatchObject({ code: 'identity_changed' });
    expect(book.trust(bob)).toBe('changed');
  });

  it('I5 verified means this very root; a new one takes the mark away', async () => {
    const first = await newRoot(bob, 0);
    logs = [first.log];
    const book = await openBook();
    await book.load([bob]);
    await book.setVerified(bob, shown(book, bob)[0], true);
    expect(book.trust(bob)).toBe('verified');
    logs = [first.log, (await newRoot(bob, 1)).log];
    await book.refresh([bob]);
    expect(book.trust(bob)).toBe('changed');
    await book.accept(bob, ...shown(book, bob));
    expect(book.trust(bob)).toBe('known');
  });

  it('I5 a root slipped in under an old number is a change too, and one that is hidden is not forgotten', async () => {
    const first = await newRoot(bob, 1);
    logs = [first.log];
    const book = await openBook();
    await book.load([bob]);
    logs = [(await newRoot(bob, 0)).log];
    await book.refresh([bob]);
    expect(book.trust(bob)).toBe('changed');
    expect(book.deviceKey(bob, first.device)).toEqual(first.key);
    expect(book.devices(bob)).toEqual([first.device]);
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
    expect([book.isOver(bob, planted.device), book.isOver(bob, genuine.device)]).toEqual([true, false]);
    expect((await openBook()).isFormer(bob, planted.device)).toBe(true);
  });

  it('I8 a root that was pinned once is over after another was accepted, but not the mere word of the server', async () => {
    const first = await newRoot(bob, 0);
    logs = [first.log];
    const book = await openBook();
    await book.load([bob]);
    logs = [first.log, (await newRoot(bob, 1)).log];
    await book.refresh([bob]);
    expect(book.isOver(bob, first.device)).toBe(false);
    await book.accept(bob, ...shown(book, bob));
    expect([book.isOver(bob, first.device), book.isFormer(bob, first.device)]).toEqual([true, false]);
  });

  it("K9 one's own root is the one that this device stored, whatever the server tells first", async () => {
    const own = await newRoot(bob, 1);
    const older = await newRoot(bob, 0);
    const ghost = await newRoot(bob, 2);
    const twin = await newRoot(bob, 3, { device: own.device });
    const self = await ownIdentity(own);
    const book = await openBook(self);
    expect(await book.validate(own.identity, own.key)).toBe(true);
    expect(asked).toBe(0);
    logs = [older.log, own.log];
    await book.refresh([bob]);
    expect(book.trust(bob)).toBe('known');
    expect(book.isOver(bob, older.device)).toBe(true);
    logs = [older.log, own.log, ghost.log, twin.log];
    await book.refresh([bob]);
    expect(book.trust(bob)).toBe('changed');
    expect(book.pinned(bob)?.root).toEqual(self.log.root);
    expect(book.deviceKey(bob, own.device)).toEqual(own.key);
    await expect(book.accept(bob, ...shown(book, bob))).rejects.toMatchObject({ code: 'identity_changed' });
    expect((await openBook(self)).pinned(bob)?.root).toEqual(self.log.root);
  });

  it('K9 a server that hides the own log, or tells it last, changes nothing of it', async () => {
    const own = await newRoot(bob, 0);
    const ghost = await newRoot(bob, 1);
    const self = await ownIdentity(own);
    for (const told of [[ghost.log], [ghost.log, { ...own.log, root: 2 }]]) {
      vault = await Vault.open(new MemoryBackend());
      logs = told;
      const book = await openBook(self);
      await book.refresh([bob]);
      expect(book.pinned(bob)?.root).toEqual(self.log.root);
    }
  });

  it('K11 a version 2 root with the device and key of the only version 1 root takes over pin and mark', async () => {
    const old = await version1(bob, 0);
    logs = [old.log];
    const book = await openBook();
    await book.load([bob]);
    const [oldRoot] = shown(book, bob);
    await book.setVerified(bob, oldRoot, true);
    logs = [(await newRoot(bob, 0, { device: old.device, key: old.signer })).log];
    await book.refresh([bob]);
    expect(book.trust(bob)).toBe('verified');
    const root = book.pinnedRoot(bob) ?? '';
    expect(root).not.toBe(oldRoot);
    expect(book.sameRoot(bob, oldRoot, root)).toBe(true);
    expect((await openBook()).sameRoot(bob, oldRoot, root)).toBe(true);
  });

  it('K11 with another device or key, or after a second root, it is a change', async () => {
    const old = await version1(bob, 0);
    for (const next of [await newRoot(bob, 0), await newRoot(bob, 0, { key: old.signer })]) {
      vault = await Vault.open(new MemoryBackend());
      logs = [old.log];
      const book = await openBook();
      await book.load([bob]);
      logs = [next.log];
      await book.refresh([bob]);
      expect(book.sameRoot(bob, book.pinnedRoot(bob) ?? '', shown(book, bob)[0])).toBe(book.trust(bob) === 'known');
      expect(book.pinned(bob)?.version).toBe(1);
    }
    vault = await Vault.open(new MemoryBackend());
    const second = await version1(bob, 1);
    logs = [old.log, second.log];
    const book = await openBook();
    await book.load([bob]);
    logs = [old.log, (await newRoot(bob, 1, { device: second.device, key: second.signer })).log];
    await book.refresh([bob]);
    expect(book.trust(bob)).toBe('changed');
  });

  it('K11 what an earlier release stored is read: pins, marks, and what was not accepted', async () => {
    const old = await version1(bob, 0);
    const verified = await verifyKeyLog(bob, old.log.entries.map(fromBase64url));
    const hex = Buffer.from(verified.root).toString('hex');
    const value = {
      roots: [{ root: verified.root, devices: [[old.device, old.key]] }],
      accepted: [hex],
      verified: hex,
    };
    await vault.write([{ store: 'identities', key: bob, value }]);
    const book = await openBook();
    expect(book.trust(bob)).toBe('verified');
    expect(book.deviceKey(bob, old.device)).toEqual(old.key);
    logs = [(await newRoot(bob, 0, { device: old.device, key: old.signer })).log];
    await book.refresh([bob]);
    expect(book.trust(bob)).toBe('verified');
    expect(book.pinned(bob)?.version).toBe(2);
    await vault.write([{ store: 'identities', key: bob, value: { ...value, accepted: [], verified: null } }]);
    expect((await openBook()).trust(bob)).toBe('changed');
  });
});
