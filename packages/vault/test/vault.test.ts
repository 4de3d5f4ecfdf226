import 'fake-indexeddb/auto';
import { describe, expect, it } from 'vitest';
import type { VaultBackend } from '../src/backend.ts';
import { prefixRange, Vault, VaultError } from '../src/index.ts';
import { IndexedDbBackend } from '../src/indexeddb-backend.ts';
import { MemoryBackend } from '../src/memory-backend.ts';

let databases = 0;
const backends: Record<string, () => Promise<VaultBackend>> = {
  memory: async () => new MemoryBackend(),
  IndexedDB: () => IndexedDbBackend.open(`vault-test-${++databases}`),
};

describe.each(Object.entries(backends))('vault on %s', (_name, make) => {
  it('gives back what was written, of every type that the client stores', async () => {
    const vault = await Vault.open(await make());
    const value = {
      bytes: Uint8Array.of(1, 2, 3),
      text: 'grüße 👋',
      count: 2 ** 40,
      list: [null, true],
      nested: { a: 1 },
    };
    await vault.write([{ store: 'rooms', key: 'a', value }]);
    expect(await vault.get('rooms', 'a')).toEqual(value);
    expect(await vault.get('rooms', 'b')).toBeUndefined();
    expect(await vault.get('outbox', 'a')).toBeUndefined();
  });

  it('deletes, overwrites, and does both in one call', async () => {
    const vault = await Vault.open(await make());
    await vault.write([
      { store: 'outbox', key: 'x', value: 1 },
      { store: 'entries', key: 'y', value: 1 },
    ]);
    await vault.write(
      [
        { store: 'outbox', key: 'x' },
        { store: 'entries', key: 'y', value: 2 },
      ],
      { durable: true },
    );
    expect(await vault.get('outbox', 'x')).toBeUndefined();
    expect(await vault.get('entries', 'y')).toBe(2);
  });

  it('scans ranges in order, both ways, within limits, and only the prefix asked for', async () => {
    const vault = await Vault.open(await make());
    const keys = ['a/1', 'a/2', 'a/3', 'b/1', 'ab'];
    await vault.write(keys.map((key) => ({ store: 'entries', key, value: key })));
    const scan = async (range: Parameters<Vault['scan']>[1]) =>
      (await vault.scan('entries', range)).map((r) => r.value);
    expect(await scan(prefixRange('a/'))).toEqual(['a/1', 'a/2', 'a/3']);
    expect(await scan({ ...prefixRange('a/'), reverse: true, limit: 2 })).toEqual(['a/3', 'a/2']);
    expect(await scan({ from: 'a/2', to: 'a/3' })).toEqual(['a/2']);
    expect(await scan({ from: 'a/', to: 'a/3', reverse: true })).toEqual(['a/2', 'a/1']);
    expect(await scan({ to: 'a/2' })).toEqual(['a/1']);
    expect(await scan({})).toHaveLength(5);
    expect(await vault.keys('entries', prefixRange('a/'))).toEqual(['a/1', 'a/2', 'a/3']);
    expect(await vault.keys('entries', { reverse: true, limit: 1 })).toEqual(['b/1']);
  });

  it('keeps nothing readable in the backend', async () => {
    const backend = await make();
    const vault = await Vault.open(backend);
    const secret = 'correct horse battery staple';
    await vault.write([{ store: 'meta', key: 'k', value: { secret } }]);
    const record = await backend.get('meta', 'k');
    expect(new TextDecoder('latin1').decode(record)).not.toContain('horse');
    const key = await backend.getKey('seal');
    expect(key?.extractable).toBe(false);
  });

  it('refuses a record that was changed or moved to another place', async () => {
    const backend = await make();
    const vault = await Vault.open(backend);
    await vault.write([{ store: 'meta', key: 'k', value: 'v' }]);
    const record = (await backend.get('meta', 'k')) ?? new Uint8Array();
    await backend.write([{ store: 'meta', key: 'other', value: record }], { durable: false });
    await expect(vault.get('meta', 'other')).rejects.toBeInstanceOf(VaultError);
    record[record.length - 1] = (record.at(-1) ?? 0) ^ 1;
    await backend.write([{ store: 'meta', key: 'k', value: record }], { durable: false });
    await expect(vault.get('meta', 'k')).rejects.toMatchObject({ code: 'unreadable' });
  });

  it('writes all or nothing: a value that cannot be encoded leaves the others unwritten', async () => {
    const vault = await Vault.open(await make());
    const writes = [
      { store: 'meta', key: 'good', value: 1 },
      { store: 'meta', key: 'bad', value: () => 1 },
    ] as const;
    await expect(vault.write(writes)).rejects.toBeInstanceOf(VaultError);
    expect(await vault.get('meta', 'good')).toBeUndefined();
  });

  it('keeps key handles and forgets everything when destroyed', async () => {
    const vault = await Vault.open(await make());
    const pair = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
    await vault.putKey('device', (pair as CryptoKeyPair).privateKey);
    const found = await vault.getKey('device');
    expect(found?.algorithm.name).toBe('Ed25519');
    expect(found?.extractable).toBe(false);
    await vault.destroy();
  });
});

describe('IndexedDB', () => {
  it('survives being closed and opened, and is gone after destroy', async () => {
    const first = await Vault.open(await IndexedDbBackend.open('durable'));
    await first.write([{ store: 'meta', key: 'k', value: 'v' }], { durable: true });
    first.close();
    const second = await Vault.open(await IndexedDbBackend.open('durable'));
    expect(await second.get('meta', 'k')).toBe('v');
    expect(await IndexedDbBackend.exists('durable')).toBe(true);
    await second.destroy();
    expect(await IndexedDbBackend.exists('durable')).toBe(false);
  });
});
