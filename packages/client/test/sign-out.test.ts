import { afterEach, describe, expect, it } from 'vitest';
import { type Person, world } from './people.ts';

let close: () => Promise<void> = async () => {};
afterEach(() => close());

async function alone(): Promise<Person> {
  const there = await world();
  close = there.close;
  const alice = await there.person('alice').signUp();
  await alice.lobby();
  return alice;
}

const session = (one: Person) => one.snapshot?.session;

describe('signing out and removing everything', () => {
  it('removes and ends the session', async () => {
    const alice = await alone();
    const { id } = alice;
    await alice.core.signOut(false);
    expect(session(alice)).toEqual({ phase: 'signed_out', me: null, problem: null });
    expect(await alice.vaults.exists(id)).toBe(false);
    expect(await alice.vaults.lastAccount()).toBeNull();
    expect(await alice.vaults.leaving()).toBeNull();
    await expect(alice.rest.me()).rejects.toMatchObject({ code: 'not_signed_in' });
  });

  it('cannot be held up by a lost connection: it is removed, it is said, and ended as soon as it can be', async () => {
    const alice = await alone();
    const { id } = alice;
    alice.setOnline(false);
    await alice.core.signOut(false);
    expect(await alice.vaults.exists(id)).toBe(false);
    expect(session(alice)).toMatchObject({ phase: 'signed_out', me: null });
    expect(session(alice)?.problem).toMatch(/were removed.*could not be reached.*may still be signed in/);
    // A reload without a connection brings nothing back either.
    await alice.reload();
    expect(session(alice)?.phase).toBe('signed_out');
    expect(await alice.vaults.exists(id)).toBe(false);
    alice.online = true;
    await alice.core.reconnect();
    expect(session(alice)).toEqual({ phase: 'signed_out', me: null, problem: null });
    await expect(alice.rest.me()).rejects.toMatchObject({ code: 'not_signed_in' });
  });

  it('cannot be held up by a server that answers with a failure', async () => {
    const alice = await alone();
    const { id } = alice;
    const signOut = alice.rest.signOut;
    alice.rest.signOut = async () => {
      const { ProtocolError } = await import('@undertone/protocol');
      throw new ProtocolError('internal');
    };
    await alice.core.signOut(false);
    expect(await alice.vaults.exists(id)).toBe(false);
    expect(session(alice)?.problem).toMatch(/may still be signed in/);
    alice.rest.signOut = signOut;
    await alice.core.sessionChanged();
    expect(session(alice)?.problem).toBeNull();
    await expect(alice.rest.me()).rejects.toMatchObject({ code: 'not_signed_in' });
  });

  it('does not end a session that began after it', async () => {
    const alice = await alone();
    alice.setOnline(false);
    await alice.core.signOut(false);
    alice.online = true;
    await alice.signIn();
    expect(session(alice)?.phase).toBe('no_keys');
    expect(await alice.vaults.leaving()).toBeNull();
    expect((await alice.rest.me()).account.username).toBe('alice');
  });

  it('says so where something could not be removed, and goes on at the next start, before it opens anything', async () => {
    const alice = await alone();
    const { id } = alice;
    alice.vaults.refusesToRemove = true;
    await alice.core.signOut(false);
    expect(session(alice)?.phase).toBe('signed_out');
    expect(session(alice)?.problem).toMatch(/may still be on this browser/);
    await expect(alice.rest.me()).rejects.toMatchObject({ code: 'not_signed_in' });
    alice.setOnline(false);
    await alice.reload();
    expect(session(alice)?.phase).toBe('signed_out');
    alice.vaults.refusesToRemove = false;
    await alice.reload();
    expect(await alice.vaults.exists(id)).toBe(false);
    expect(session(alice)?.problem).not.toMatch(/may still be on this browser/);
  });

  it('works from behind the lock, without a passphrase and without a connection', async () => {
    const alice = await alone();
    const { id } = alice;
    await alice.core.setLock({ passphrase: 'correct horse', idleMinutes: null });
    alice.vaults.forgetKeys();
    alice.setOnline(false);
    await alice.reload();
    expect(session(alice)?.phase).toBe('locked');
    await alice.core.signOut(false);
    expect(await alice.vaults.exists(id)).toBe(false);
    expect(session(alice)?.phase).toBe('signed_out');
  });

  it('keeping everything still needs the server, and changes nothing without it', async () => {
    const alice = await alone();
    alice.setOnline(false);
    await expect(alice.core.signOut(true)).rejects.toMatchObject({ code: 'offline' });
    expect(session(alice)?.phase).toBe('ready');
    expect(await alice.vaults.exists(alice.id)).toBe(true);
  });
});
