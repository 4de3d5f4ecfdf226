import { encodeIdentity } from '@undertone/identity';
import type { AccountId, DeviceId, KeyLog } from '@undertone/protocol';
import { Vault } from '@undertone/vault';
import { MemoryBackend } from '@undertone/vault/memory';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Made, newRoot, ownIdentity, version1 } from '../testing/key-logs.ts';
import { IdentityBook, type OwnIdentity } from './identity-book.ts';
import { isSkeletonOf, skeletonOf } from './username-skeleton.ts';

const bob = '11111111-1111-4111-8111-111111111111' as AccountId;
const mallory = '99999999-9999-4999-8999-999999999999' as AccountId;

describe('identity book, of names and keys that are taken', () => {
  let logs: KeyLog[];
  let vault: Vault;
  const source = {
    keyLogs: async (accounts: readonly string[]) => ({ logs: logs.filter((log) => accounts.includes(log.account)) }),
  };
  const openBook = (self?: OwnIdentity) =>
    IdentityBook.open({ source, vault, changed: () => {}, isSkeleton: isSkeletonOf, ...(self && { self }) });
  const shown = (book: IdentityBook, account: AccountId): [string, string] => {
    const one = book.shown(account);
    if (one === undefined) throw new Error('nothing is shown');
    return [one.root, one.head];
  };
  const tell = async (book: IdentityBook, ...told: readonly Made[]) => {
    logs = told.map(({ log }, root) => ({ ...log, root }));
    await book.refresh([bob]);
  };

  beforeEach(async () => {
    logs = [];
    vault = await Vault.open(new MemoryBackend());
  });

  const tellings: readonly (readonly [string, readonly (readonly ('true' | 'false')[])[]])[] = [
    ['a false root before the true one', [['false', 'true']]],
    ['a false root after the true one', [['true', 'false']]],
    ['a false root alone, then the true one', [['false'], ['false', 'true']]],
    ['the true root alone, then a false one', [['true'], ['true', 'false']]],
    ['the true root alone, then a false one in its place', [['true'], ['false']]],
  ];
  it.each(tellings)('I10 %s: a device has one key, and it is that of the number that was accepted', async (_, told) => {
    const genuine = await newRoot(bob, 0);
    const ghost = await newRoot(bob, 0, { device: genuine.device });
    const book = await openBook();
    for (const order of told) await tell(book, ...order.map((which) => (which === 'true' ? genuine : ghost)));
    const key = () => book.deviceKey(bob, genuine.device);
    const hasOneKey = async () => {
      const valid = await Promise.all([genuine, ghost].map(({ identity, key }) => book.validate(identity, key)));
      expect(valid.filter(Boolean)).toHaveLength(1);
      expect(key()).toEqual(valid[0] ? genuine.key : ghost.key);
      expect(key()).toEqual(book.pinned(bob)?.devices.get(genuine.device)?.key);
    };
    await hasOneKey();
    // Another number is never shown for that key without a word.
    expect(book.shown(bob)?.log === book.pinned(bob)).toBe(book.trust(bob) === 'known');
    const log = book.shown(bob)?.log;
    await book.setVerified(bob, shown(book, bob)[0], true);
    expect(book.pinned(bob)).toBe(log);
    await hasOneKey();
  });

  it('I10 who was shown a false log at first sight can come to the true one, and stays with it', async () => {
    const genuine = await newRoot(bob, 0);
    const ghost = await newRoot(bob, 0, { device: genuine.device });
    const book = await openBook();
    await tell(book, ghost);
    await tell(book, genuine);
    expect([book.trust(bob), book.concern(bob)]).toEqual(['changed', 'changed']);
    await book.accept(bob, ...shown(book, bob));
    for (const again of [book, await openBook()]) {
      await tell(again, ghost, genuine);
      expect(again.trust(bob)).toBe('known');
      expect(again.devices(bob)).toEqual([genuine.device]);
      expect(await again.validate(genuine.identity, genuine.key)).toBe(true);
      expect(await again.validate(ghost.identity, ghost.key)).toBe(false);
    }
  });

  it('I10 before it is accepted, no key of a log that conflicts is of any use', async () => {
    const genuine = await newRoot(bob, 0);
    const otherKey = await newRoot(bob, 1, { device: genuine.device });
    const otherDevice = await newRoot(bob, 1, { key: genuine.signer });
    for (const ghost of [otherKey, otherDevice]) {
      vault = await Vault.open(new MemoryBackend());
      const book = await openBook();
      await tell(book, genuine);
      await tell(book, genuine, ghost);
      for (const again of [book, await openBook()]) {
        expect(again.trust(bob)).toBe('changed');
        expect(await again.validate(ghost.identity, ghost.key)).toBe(false);
        expect(await again.validate(genuine.identity, genuine.key)).toBe(true);
        expect(again.devices(bob)).toEqual([genuine.device]);
        expect(again.rootOf(bob, ghost.device, ghost.key)).toBeUndefined();
        expect(again.rootOf(bob, genuine.device, genuine.key)).toBe(again.pinnedRoot(bob));
        expect(again.isOver(bob, genuine.device)).toBe(false);
      }
      const [root, head] = shown(book, bob);
      expect(root).not.toBe(book.pinnedRoot(bob));
      await book.accept(bob, root, head);
      expect(book.rootOf(bob, ghost.device, ghost.key)).toBe(root);
      expect(book.rootOf(bob, genuine.device, genuine.key)).toBeUndefined();
    }
  });

  it('V1 a device stands for an identity with the key that its log gives it, and with no other', async () => {
    const [genuine, other] = [await newRoot(bob, 0), await newRoot(bob, 1)];
    const book = await openBook();
    await tell(book, genuine);
    expect(book.rootOf(bob, genuine.device, genuine.key)).toBe(book.pinnedRoot(bob));
    expect(book.rootOf(bob, genuine.device, other.key)).toBeUndefined();
    expect(book.rootOf(bob, crypto.randomUUID() as DeviceId, genuine.key)).toBeUndefined();
  });

  it("K9 I10 in one's own name no other log is accepted or marked, and one that conflicts is no news", async () => {
    const own = await newRoot(bob, 0);
    const ghost = await newRoot(bob, 1);
    const conflicting = await newRoot(bob, 1, { device: own.device });
    const self = await ownIdentity(own);
    const book = await openBook(self);
    await tell(book, own, conflicting);
    expect([book.trust(bob), book.shown(bob)?.log]).toEqual(['known', self.log]);
    await tell(book, own, ghost);
    const [root, head] = shown(book, bob);
    expect(root).not.toBe(book.pinnedRoot(bob));
    await expect(book.accept(bob, root, head)).rejects.toMatchObject({ code: 'identity_changed' });
    await expect(book.setVerified(bob, root, true)).rejects.toMatchObject({ code: 'identity_changed' });
    expect([book.pinned(bob), book.isVerified(bob)]).toEqual([self.log, false]);
  });

  it('K10 the username is that of the signed log, and its look-alike key must be right', async () => {
    const root = await newRoot(bob, 0, { username: 'Bob', skeleton: await skeletonOf('Bob') });
    const liar = await newRoot(mallory, 0, { username: 'alice', skeleton: 'somethingelse' });
    logs = [root.log, liar.log];
    const book = await openBook();
    await book.load([bob, mallory]);
    expect(book.username(bob)).toBe('Bob');
    expect(await book.validate(liar.identity, liar.key)).toBe(false);
  });

  it('K10 a second account with a name like one that is known is a change until it was accepted', async () => {
    const root = await newRoot(bob, 0, { username: 'cocoa', skeleton: await skeletonOf('cocoa') });
    const twin = await newRoot(mallory, 0, { username: 'сосоа', skeleton: await skeletonOf('сосоа') });
    logs = [root.log, twin.log];
    const book = await openBook();
    await book.load([bob]);
    await book.load([mallory]);
    expect([book.trust(bob), book.trust(mallory)]).toEqual(['known', 'changed']);
    await book.accept(mallory, ...shown(book, mallory));
    expect((await openBook()).trust(mallory)).toBe('known');
  });

  it('K10 K11 a version 1 log that is upgraded to a name like one that is known is a change until it was accepted', async () => {
    const root = await newRoot(bob, 0, { username: 'cocoa', skeleton: await skeletonOf('cocoa') });
    const old = await version1(mallory, 0);
    logs = [root.log, old.log];
    const book = await openBook();
    await book.load([bob, mallory]);
    await book.setVerified(mallory, shown(book, mallory)[0], true);
    const choices = { username: 'сосоа', skeleton: await skeletonOf('сосоа'), device: old.device, key: old.signer };
    logs = [root.log, (await newRoot(mallory, 0, choices)).log];
    await book.refresh([bob, mallory]);
    expect([book.trust(bob), book.trust(mallory), book.concern(mallory)]).toEqual(['known', 'changed', 'changed']);
    expect((await openBook()).trust(mallory)).toBe('changed');
    // Told again, and after a reload, it stays so: only the person ends it.
    await book.refresh([bob, mallory]);
    expect(book.trust(mallory)).toBe('changed');
    await book.accept(mallory, ...shown(book, mallory));
    expect((await openBook()).concern(mallory)).toBeUndefined();
    expect(await book.validate(encodeIdentity({ account: mallory, device: old.device }), old.key)).toBe(true);
  });
});
