import { VaultKeeper } from '@undertone/vault';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ClientCore } from '../src/index.ts';
import { type Person, world } from './people.ts';

const passphrase = 'correct horse battery staple';
let close: () => Promise<void> = async () => {};
afterEach(async () => {
  vi.useRealTimers();
  await close();
});

async function alone(name = 'alice'): Promise<Person> {
  const there = await world();
  close = there.close;
  return await there.person(name).signUp();
}

const phaseOf = (one: Person) => one.snapshot?.session.phase;

/** Everything in the vault's place that signs or opens by itself. */
async function handlesOf(one: Person): Promise<string[]> {
  const names: string[] = [];
  const place = one.vaults.places.get(one.id);
  for (const generation of (await place?.generations()) ?? []) {
    const backend = await place?.open(generation);
    names.push(...((await backend?.keyNames()) ?? []));
  }
  return names;
}

describe('lock', () => {
  it('is off at first; set, it asks for the passphrase at the next start, and everything is there', async () => {
    const alice = await alone();
    const lobby = await alice.lobby();
    await alice.open(lobby.id);
    await alice.say(lobby.id, 'Before the lock');
    expect(await alice.core.lockState()).toEqual({ on: false, idleMinutes: null, signingKeyWrapped: true });
    await alice.core.setLock({ passphrase, idleMinutes: 15 });
    expect(await alice.core.lockState()).toEqual({ on: true, idleMinutes: 15, signingKeyWrapped: true });
    expect(phaseOf(alice)).toBe('ready');
    expect(await handlesOf(alice)).toEqual([]);
    await alice.lobby();
    await alice.open(lobby.id);
    await alice.say(lobby.id, 'After the lock was set');

    await alice.core.lockNow();
    expect(phaseOf(alice)).toBe('locked');
    expect(alice.snapshot?.session.me?.username).toBe('alice');
    expect(alice.snapshot?.rooms).toEqual([]);
    await expect(alice.core.openTimeline(lobby.id, 10)).rejects.toMatchObject({ code: 'locked' });
    await expect(alice.core.unlock('wrong')).rejects.toMatchObject({ code: 'wrong_passphrase' });
    expect(phaseOf(alice)).toBe('locked');
    await alice.core.unlock(passphrase);
    await alice.lobby();
    await alice.open(lobby.id);
    expect(alice.texts(lobby.id)).toEqual(['Before the lock', 'After the lock was set']);
    await alice.say(lobby.id, 'And it goes on');
  });

  it('holds without a connection too', async () => {
    const alice = await alone();
    const lobby = await alice.lobby();
    await alice.core.setLock({ passphrase, idleMinutes: null });
    alice.vaults.forgetKeys();
    alice.setOnline(false);
    await alice.reload();
    expect(phaseOf(alice)).toBe('locked');
    expect(alice.snapshot?.session.me).toBeNull();
    await alice.core.reconnect();
    expect(phaseOf(alice)).toBe('locked');
    await alice.core.unlock(passphrase);
    expect(phaseOf(alice)).toBe('ready');
    expect(alice.findRoom((room) => room.id === lobby.id)).toBeDefined();
  });

  it('is changed and removed with the passphrase only', async () => {
    const alice = await alone();
    await expect(alice.core.setLock({ passphrase: '1234567', idleMinutes: 5 })).rejects.toMatchObject({
      code: 'weak_passphrase',
    });
    expect((await alice.core.lockState()).on).toBe(false);
    await alice.core.setLock({ passphrase, idleMinutes: 5 });
    const calls: [string, (core: ClientCore) => Promise<void>, string][] = [
      ['set again', (core) => core.setLock({ passphrase: 'another one', idleMinutes: 5 }), 'invalid_request'],
      ['changed', (core) => core.changeLock({ passphrase: 'wrong', next: 'another one' }), 'wrong_passphrase'],
      ['changed to a weak one', (core) => core.changeLock({ passphrase, next: 'short' }), 'weak_passphrase'],
      ['removed', (core) => core.removeLock('wrong'), 'wrong_passphrase'],
    ];
    for (const [what, call, code] of calls) {
      await expect(call(alice.core), what).rejects.toMatchObject({ code });
      expect(phaseOf(alice)).toBe('ready');
    }
    await alice.core.changeLock({ passphrase, next: 'another one' });
    await alice.core.setLockIdle(60);
    expect(await alice.core.lockState()).toMatchObject({ on: true, idleMinutes: 60 });
    await alice.core.lockNow();
    await expect(alice.core.unlock(passphrase)).rejects.toMatchObject({ code: 'wrong_passphrase' });
    await alice.core.unlock('another one');
    await alice.core.removeLock('another one');
    expect((await alice.core.lockState()).on).toBe(false);
    await alice.reload();
    expect(phaseOf(alice)).toBe('ready');
    await alice.core.lockNow();
    expect(phaseOf(alice)).toBe('ready');
  });

  it('locks by itself after the time without input, however long the machine slept', async () => {
    const alice = await alone();
    await alice.lobby();
    await alice.core.setLock({ passphrase, idleMinutes: 5 });
    await alice.core.active();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 4 * 60_000 });
    await alice.core.active();
    expect(phaseOf(alice)).toBe('ready');
    vi.setSystemTime(Date.now() + 4 * 60_000);
    await alice.core.active();
    expect(phaseOf(alice)).toBe('ready');
    // The first touch after a night is not input that keeps it open.
    vi.setSystemTime(Date.now() + 8 * 60 * 60_000);
    await alice.core.active();
    await alice.until('the lock', () => phaseOf(alice) === 'locked');
  });

  it('leaves no decrypted copy of a file, not even one from a crash', async () => {
    const alice = await alone();
    await alice.lobby();
    await alice.core.setLock({ passphrase, idleMinutes: null });
    const handle = await alice.files.open('plain-from-a-crash');
    await handle.write(0, new Uint8Array([1, 2, 3]));
    await handle.close();
    alice.vaults.forgetKeys();
    await alice.reload();
    expect(phaseOf(alice)).toBe('locked');
    expect(await alice.files.names()).toEqual([]);
  });

  it('says that the signing key of an older vault is not held by it', async () => {
    const alice = await alone();
    await alice.lobby();
    // As an older version left it: the private half as a handle, and no record.
    const vault = await alice.vaults.open(alice.id);
    const { pkcs8 } = (await vault.get<{ pkcs8: Uint8Array<ArrayBuffer> }>('meta', 'deviceKey')) ?? {};
    const key = await crypto.subtle.importKey('pkcs8', pkcs8 ?? new Uint8Array(), 'Ed25519', false, ['sign']);
    await vault.putKey('device', key);
    await vault.write([{ store: 'meta', key: 'deviceKey' }]);
    await alice.reload();
    const lobby = await alice.lobby();
    await alice.open(lobby.id);
    await alice.say(lobby.id, 'Signed with the handle');
    await alice.core.setLock({ passphrase, idleMinutes: 5 });
    expect(await alice.core.lockState()).toMatchObject({ on: true, signingKeyWrapped: false });
    expect(await handlesOf(alice)).toEqual(['key/device']);
    await alice.lobby();
    await alice.open(lobby.id);
    await alice.say(lobby.id, 'And after the lock');
  });

  it('goes on with the vault that is there when it cannot be set', async () => {
    const alice = await alone();
    await alice.lobby();
    const failing = new VaultKeeper(alice.vaults.places.get(alice.id) ?? fail(), async () => {
      throw new Error('no memory');
    });
    vi.spyOn(alice.vaults, 'keeper').mockReturnValue(failing);
    await expect(alice.core.setLock({ passphrase, idleMinutes: 5 })).rejects.toMatchObject({ code: 'storage' });
    vi.restoreAllMocks();
    expect(phaseOf(alice)).toBe('ready');
    expect((await alice.core.lockState()).on).toBe(false);
    await alice.lobby();
  });
});

const fail = (): never => {
  throw new Error('no vault');
};
