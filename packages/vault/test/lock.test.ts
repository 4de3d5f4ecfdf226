import 'fake-indexeddb/auto';
import { describe, expect, it } from 'vitest';
import { storeNames, type VaultBackend } from '../src/backend.ts';
import { type KdfParams, type UnlockedKey, Vault, VaultError, VaultKeeper, type VaultPlace } from '../src/index.ts';
import { IndexedDbBackend } from '../src/indexeddb-backend.ts';
import { IndexedDbPlace } from '../src/indexeddb-place.ts';
import { MemoryPlace } from '../src/memory-place.ts';
import { passphraseKey } from '../src/passphrase-key.ts';

let databases = 0;
const places: Record<string, () => VaultPlace> = {
  memory: () => new MemoryPlace(),
  IndexedDB: () => new IndexedDbPlace(`lock-test-${++databases}`),
};

/** As the real one, and cheap. */
const derive = async (passphrase: string, params: KdfParams) =>
  passphraseKey(passphrase, { ...params, memoryKib: 8, passes: 1 });
const keeperOf = (place: VaultPlace) => new VaultKeeper(place, derive);

const first = 'correct horse battery staple';
const second = 'another passphrase';

/** More records than are copied at once, in several stores. */
const records = [
  ...Array.from({ length: 600 }, (_, i) => ({
    store: 'entries' as const,
    key: `room/${String(i).padStart(6, '0')}`,
    value: i,
  })),
  { store: 'meta' as const, key: 'device', value: { name: 'alice' } },
  { store: 'outbox' as const, key: 'a', value: new Uint8Array([1, 2, 3]) },
];

async function filled(place: VaultPlace): Promise<void> {
  const vault = await keeperOf(place).open();
  await vault.write(records, { durable: true });
  const pair = (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair;
  await vault.putKey('old', pair.privateKey);
  vault.close();
}

async function expectWhole(vault: Vault): Promise<void> {
  for (const store of storeNames) {
    const wanted = records.filter((record) => record.store === store).map(({ key, value }) => ({ key, value }));
    expect(await vault.scan(store)).toEqual(wanted);
  }
  expect(await vault.getKey('old')).toMatchObject({ type: 'private', extractable: false });
  vault.close();
}

/** Everything that lies in a place, as someone with a copy of the profile finds it. */
async function everything(place: VaultPlace) {
  const keys: CryptoKey[] = [];
  const sealed: { additionalData: Uint8Array<ArrayBuffer>; record: Uint8Array<ArrayBuffer> }[] = [];
  const headers: unknown[] = [];
  for (const generation of await place.generations()) {
    const backend = await place.open(generation);
    headers.push(await backend.getHeader());
    for (const name of await backend.keyNames()) keys.push((await backend.getKey(name)) as CryptoKey);
    for (const store of storeNames) {
      for (const { key, value } of await backend.scan(store, {})) {
        sealed.push({ additionalData: new TextEncoder().encode(`${store}\n${key}`), record: value });
      }
    }
    backend.close();
  }
  return { keys, sealed, headers };
}

/** A place whose process dies at the `n`th thing it changes: that one is not done, and nothing is after it. */
function dyingAt(place: VaultPlace, n: number): VaultPlace & { readonly died: boolean } {
  let changes = 0;
  const change = async <T>(run: () => Promise<T>): Promise<T> => {
    changes += 1;
    if (changes >= n) throw new Error('died');
    return await run();
  };
  const wrap = (backend: VaultBackend): VaultBackend => ({
    get: (...args) => backend.get(...args),
    scan: (...args) => backend.scan(...args),
    keys: (...args) => backend.keys(...args),
    write: (...args) => change(() => backend.write(...args)),
    getKey: (...args) => backend.getKey(...args),
    putKey: (...args) => change(() => backend.putKey(...args)),
    keyNames: () => backend.keyNames(),
    getHeader: () => backend.getHeader(),
    putHeader: (...args) => change(() => backend.putHeader(...args)),
    close: () => backend.close(),
    destroy: () => change(() => backend.destroy()),
  });
  return {
    generations: () => place.generations(),
    open: async (generation) => {
      const known = (await place.generations()).includes(generation);
      return wrap(known ? await place.open(generation) : await change(() => place.open(generation)));
    },
    remove: (generation) => change(() => place.remove(generation)),
    get died() {
      return changes >= n;
    },
  };
}

describe.each(Object.entries(places))('lock on %s', (_name, make) => {
  it('opens with the passphrase and holds what was there', async () => {
    const place = make();
    await filled(place);
    await keeperOf(place).rekey(first);
    const keeper = keeperOf(place);
    expect(await keeper.isLockOn()).toBe(true);
    await expect(keeper.open()).rejects.toMatchObject({ code: 'locked' });
    await keeper.unlock(first);
    await expectWhole(await keeper.open());
    keeper.forget();
    await expect(keeper.open()).rejects.toMatchObject({ code: 'locked' });
  });

  it('leaves no handle and no bytes that open a record, nor the vault from before', async () => {
    const place = make();
    await filled(place);
    const before = await everything(place);
    const opened = async ({ keys, sealed }: Awaited<ReturnType<typeof everything>>) => {
      let count = 0;
      for (const key of keys.filter(({ usages }) => usages.includes('decrypt'))) {
        for (const { record, additionalData } of sealed) {
          const algorithm = { name: 'AES-GCM', iv: record.subarray(0, 12), additionalData };
          const plain = crypto.subtle.decrypt(algorithm, key, record.subarray(12));
          count += await plain.then(
            () => 1,
            () => 0,
          );
        }
      }
      return count;
    };
    expect(await opened(before)).toBe(records.length);
    await keeperOf(place).rekey(first);
    const after = await everything(place);
    expect(await place.generations()).toEqual([1]);
    expect(after.sealed).toHaveLength(records.length);
    expect(await opened(after)).toBe(0);
    // The key from before opens nothing of it either, nor does a wrapped key without its passphrase.
    expect(await opened({ ...after, keys: before.keys })).toBe(0);
    expect(after.keys.every(({ type, algorithm }) => type === 'private' && algorithm.name === 'Ed25519')).toBe(true);
    expect(after.headers).toEqual([
      {
        version: 1,
        complete: true,
        lock: {
          kdf: { algorithm: 'argon2id', memoryKib: 65_536, passes: 3, lanes: 1, salt: expect.any(Uint8Array) },
          nonce: expect.any(Uint8Array),
          wrapped: expect.any(Uint8Array),
        },
      },
    ]);
  });

  it('says that a passphrase is wrong, and nothing has changed', async () => {
    const place = make();
    await filled(place);
    await keeperOf(place).rekey(first);
    const before = await everything(place);
    const keeper = keeperOf(place);
    for (const wrong of ['', 'Correct horse battery staple', `${first} `]) {
      const error = await keeper.unlock(wrong).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(VaultError);
      expect(error).toMatchObject({ code: 'wrong_passphrase' });
      expect(String(error)).not.toContain('horse');
    }
    await expect(keeper.open()).rejects.toMatchObject({ code: 'locked' });
    await expect(keeper.rekey(second)).rejects.toMatchObject({ code: 'locked' });
    expect(await everything(place)).toEqual(before);
  });

  it('takes another passphrase, and then the old one and the old key are of no use', async () => {
    const place = make();
    await filled(place);
    const keeper = keeperOf(place);
    await keeper.rekey(first);
    const [old] = (await everything(place)).sealed;
    await keeper.rekey(second);
    await expectWhole(await keeper.open());
    const [fresh] = (await everything(place)).sealed;
    expect(fresh?.record).not.toEqual(old?.record);
    await expect(keeperOf(place).unlock(first)).rejects.toMatchObject({ code: 'wrong_passphrase' });
    const other = keeperOf(place);
    await other.unlock(second);
    await expectWhole(await other.open());
  });

  it('can be taken off again', async () => {
    const place = make();
    await filled(place);
    const keeper = keeperOf(place);
    await keeper.rekey(first);
    await keeper.rekey(null);
    const other = keeperOf(place);
    expect(await other.isLockOn()).toBe(false);
    await expectWhole(await other.open());
    const { keys } = await everything(place);
    expect(keys.every(({ extractable }) => !extractable)).toBe(true);
  });

  it('is the same passphrase, however its characters are composed', async () => {
    const place = make();
    await filled(place);
    await keeperOf(place).rekey('Zürich über alles Grüße'.normalize('NFC'));
    const keeper = keeperOf(place);
    await keeper.unlock('Zürich über alles Grüße'.normalize('NFD'));
    await expectWhole(await keeper.open());
  });

  it('refuses what is written after it was closed, so that nothing is lost in a copy', async () => {
    const place = make();
    const vault = await keeperOf(place).open();
    vault.close();
    await expect(vault.write([{ store: 'meta', key: 'late', value: 1 }])).rejects.toMatchObject({
      code: 'unavailable',
    });
  });

  it('refuses a header that it does not understand, or that asks for too much', async () => {
    const place = make();
    await filled(place);
    await keeperOf(place).rekey(first);
    const backend = await place.open(1);
    const header = (await backend.getHeader()) as { lock: { kdf: object } };
    const tampered = { ...header, lock: { ...header.lock, kdf: { ...header.lock.kdf, memoryKib: 2 ** 30 } } };
    for (const value of [tampered, { ...header, version: 2 }, { ...header, lock: {} }, 'nothing']) {
      await backend.putHeader(value as never);
      await expect(keeperOf(place).unlock(first)).rejects.toMatchObject({ code: 'unreadable' });
    }
    backend.close();
  });

  it('is bound to what the passphrase was derived with', async () => {
    const place = make();
    await filled(place);
    await keeperOf(place).rekey(first);
    const backend = await place.open(1);
    const header = (await backend.getHeader()) as { lock: { kdf: object } };
    await backend.putHeader({ ...header, lock: { ...header.lock, kdf: { ...header.lock.kdf, passes: 1 } } } as never);
    backend.close();
    await expect(keeperOf(place).unlock(first)).rejects.toMatchObject({ code: 'wrong_passphrase' });
  });

  it('hands its key on to another process, and a key of an earlier vault opens nothing', async () => {
    const place = make();
    await filled(place);
    const told: (UnlockedKey | null)[] = [];
    const keeper = new VaultKeeper(place, derive, (key) => told.push(key));
    await keeper.rekey(first);
    const other = keeperOf(place);
    other.adopt(told.at(-1) as UnlockedKey);
    await expectWhole(await other.open());
    await keeper.rekey(second);
    await expect(other.open()).rejects.toMatchObject({ code: 'locked' });
    keeper.forget();
    expect(told.at(-1)).toBeNull();
    expect(told.every((key) => key === null || !key.key.extractable)).toBe(true);
  });

  it('removes every generation', async () => {
    const place = make();
    await filled(place);
    await keeperOf(place).rekey(first);
    await place.open(2).then((backend) => backend.close());
    const keeper = keeperOf(place);
    await keeper.remove();
    expect(await place.generations()).toEqual([]);
    expect(await keeper.exists()).toBe(false);
  });

  const steps = [
    { what: 'set', before: null, next: first },
    { what: 'changed', before: first, next: second },
    { what: 'removed', before: first, next: null },
  ] as const;
  it.each(steps)('loses nothing when the process dies at any change while it is $what', async ({ before, next }) => {
    let outcomes = '';
    for (let n = 1; ; n++) {
      const place = make();
      await filled(place);
      if (before !== null) await keeperOf(place).rekey(before);
      const dying = dyingAt(place, n);
      const keeper = keeperOf(dying);
      if (before !== null) await keeper.unlock(before);
      const done = await keeper.rekey(next).then(
        () => true,
        () => false,
      );
      expect(done).toBe(!dying.died);
      // The next start of the browser: one of the two opens it, and all is there.
      const again = keeperOf(place);
      const isNew = await opens(again, next);
      if (!isNew) expect(await opens(again, before)).toBe(true);
      await expectWhole(await again.open());
      expect(await place.generations()).toHaveLength(1);
      expect(await again.isLockOn()).toBe((isNew ? next : before) !== null);
      outcomes += isNew ? 'n' : 'o';
      if (done) break;
    }
    // Old until it is complete, new from then on.
    expect(outcomes).toMatch(/^o{6,}n{2}$/);
  });
});

async function opens(keeper: VaultKeeper, passphrase: string | null): Promise<boolean> {
  if ((await keeper.isLockOn()) !== (passphrase !== null)) return false;
  if (passphrase === null) return true;
  return await keeper.unlock(passphrase).then(
    () => true,
    () => false,
  );
}

it('a vault from before there were locks opens unchanged, and can get one', async () => {
  const old = await Vault.open(await IndexedDbBackend.open('from-before'));
  await old.write(records);
  const pair = (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair;
  await old.putKey('old', pair.privateKey);
  old.close();
  const place = new IndexedDbPlace('from-before');
  const keeper = keeperOf(place);
  expect(await keeper.exists()).toBe(true);
  expect(await keeper.isLockOn()).toBe(false);
  await expectWhole(await keeper.open());
  await keeper.rekey(first);
  await expectWhole(await keeper.open());
});

it('leaves nothing beside the vaults that are there', async () => {
  const before = (await indexedDB.databases()).map(({ name }) => name);
  const place = new IndexedDbPlace('alone');
  await filled(place);
  await keeperOf(place).rekey(first);
  const names = (await indexedDB.databases()).map(({ name }) => name);
  expect(names.filter((name) => !before.includes(name))).toEqual(['alone.1']);
  await keeperOf(place).remove();
  expect((await indexedDB.databases()).map(({ name }) => name)).toEqual(before);
});

it('passphraseKey is argon2id (the reference implementation’s own vector)', () => {
  const salt = new TextEncoder().encode('somesalt');
  const key = passphraseKey('password', { algorithm: 'argon2id', memoryKib: 65_536, passes: 2, lanes: 1, salt });
  expect(Array.from(key, (byte) => byte.toString(16).padStart(2, '0')).join('')).toBe(
    '09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7',
  );
});
