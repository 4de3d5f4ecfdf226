import { sign } from 'node:crypto';
import { encode } from '@msgpack/msgpack';
import { type AccountId, type KeyLogList, limits, toBase64url } from '@undertone/protocol';
import { expect, it } from 'vitest';
import { serverLimits } from '../src/server-limits.ts';
import { formerRootEntry, rootEntry } from './support/device-key.ts';
import { blob, goodPassword, Person } from './support/person.ts';
import { onEachDatabase } from './support/server-per-database.ts';

/** A body with one field changed. */
const set = (index: number, value: unknown) => (body: unknown[]) => body.with(index, value);
/** A body with one field of its payload changed. */
const setPayload = (index: number, value: unknown) => (body: unknown[]) =>
  body.with(8, (body[8] as unknown[]).with(index, value));

/** Msgpack of the same value in a longer spelling: an array header of three bytes in place of one. */
const longer = (data: Uint8Array): Uint8Array =>
  Uint8Array.of(0xdc, 0, (data[0] as number) & 0x0f, ...data.subarray(1));

onEachDatabase('key logs', (server) => {
  const entriesOf = async (person: Person): Promise<string[][]> => {
    const { logs } = await person.http.ok<KeyLogList>('POST', '/key-logs', { accounts: [person.account] });
    return logs.map(({ entries }) => entries);
  };

  /** First entries that are not the one for Alice, her name, device and key, by what is wrong with them. */
  function wrongRoots(alice: Person, mallory: Person): readonly (readonly [what: string, entry: Uint8Array])[] {
    const changed = (change: (body: unknown[]) => unknown) => rootEntry(alice.owner, alice.key, change);
    const beyondMs = serverLimits.keyLogClockMaxMs + 5_000;
    const canonical = changed((body) => body);
    return [
      ['random bytes', blob(100)],
      ['of version 1', formerRootEntry(alice.account, alice.key)],
      ['for another account', rootEntry({ ...alice.owner, account: mallory.account }, alice.key)],
      ['for another username', rootEntry({ ...alice.owner, username: mallory.owner.username }, alice.key)],
      ['of another device and key', rootEntry(alice.owner, mallory.key)],
      ['signed by another key', rootEntry(alice.owner, { ...alice.key, privateKey: mallory.key.privateKey })],
      ['of version 3', changed(set(0, 3))],
      ['with a root', changed(set(2, blob(32)))],
      ['at index 1', changed(set(3, 1))],
      ['with a previous entry', changed(set(4, blob(32)))],
      ['of the future', changed(set(5, Date.now() + beyondMs))],
      ['with a time that is no whole number', changed(set(5, Date.now() + 0.5))],
      ['of another kind', changed(set(6, 'add_device'))],
      ['of another signer', changed(set(7, mallory.device))],
      ['signed by recovery', changed(set(7, 'recovery'))],
      ['with the username in other letters', changed(setPayload(0, alice.owner.username.toUpperCase()))],
      ['with another skeleton', changed(setPayload(1, 'someone'))],
      ['with another device in it', changed(setPayload(2, mallory.device))],
      ['with another key in it', changed(setPayload(3, mallory.key.publicKey))],
      ['with a field more', changed((body) => [...body, 0])],
      ['with a field less', changed((body) => body.slice(0, 8))],
      ['with a payload that is longer', changed(set(8, [alice.owner.username, '', alice.device, blob(32), 0]))],
      ['as a map', changed((body) => Object.assign({}, body))],
      ['in another spelling', longer(canonical)],
      ['with more behind it', Uint8Array.of(...canonical, 0)],
      ['with three parts', encode([blob(10), blob(64), 0])],
    ];
  }

  it('I3 a first entry that is not just for this account, username, device and key is invalid_proof', async () => {
    const [alice, mallory] = [await Person.signUp(server().origin), await Person.signUp(server().origin)];
    const good = alice.registration();
    for (const [what, entry] of wrongRoots(alice, mallory)) {
      const refused = await alice.http.refused('POST', '/devices', { ...good, logEntry: toBase64url(entry) });
      expect(refused, what).toMatchObject({
        status: 403,
        code: 'invalid_proof',
        detail: { reason: expect.any(String) },
      });
    }
    await alice.registerDevice();
    const { logs } = await mallory.http.ok<KeyLogList>('POST', '/key-logs', {
      accounts: [alice.account, mallory.account],
    });
    expect(logs).toMatchObject([{ account: alice.account, root: 0, entries: [expect.any(String)] }]);
  });

  it('I3 a body in another spelling is invalid_proof, though it is signed', async () => {
    const alice = await Person.signUp(server().origin);
    const payload = [alice.owner.username, alice.owner.username, alice.device, alice.key.publicKey];
    const none = new Uint8Array();
    const body = longer(encode([2, alice.account, none, 0, none, Date.now(), 'root', alice.device, payload]));
    const message = Buffer.concat([Buffer.from('undertone key log 2 entry\n'), body]);
    const entry = encode([body, new Uint8Array(sign(null, message, alice.key.privateKey))]);
    const refused = await alice.http.refused('POST', '/devices', {
      ...alice.registration(),
      logEntry: toBase64url(entry),
    });
    expect(refused).toMatchObject({ code: 'invalid_proof', detail: { reason: 'not a first key log entry' } });
  });

  it('I3 an entry that waited for months, or that is of a clock some minutes ahead, is taken', async () => {
    for (const offMs of [-100 * 86_400_000, serverLimits.keyLogClockMaxMs - 5_000]) {
      const alice = await Person.signUp(server().origin);
      const entry = rootEntry(alice.owner, alice.key, set(5, Date.now() + offMs));
      await alice.http.ok('POST', '/devices', { ...alice.registration(), logEntry: toBase64url(entry) });
    }
  });

  /** A person whose log begins with an entry of version 1. */
  async function former(): Promise<Person> {
    const person = await Person.online(server().origin);
    await store(person.account, 0, formerRootEntry(person.account, person.key));
    return person;
  }

  async function store(account: AccountId, root: number, entry: Uint8Array<ArrayBuffer>): Promise<void> {
    const where = { accountId_root_index: { accountId: account, root, index: 0 } };
    await server().services.database.prisma.keyLogEntry.update({ where, data: { entry } });
  }

  const upgrade = (person: Person, entry: Uint8Array) => ({ logEntry: toBase64url(entry), person });
  const put = ({ person, logEntry }: ReturnType<typeof upgrade>) => person.http.ok('PUT', '/key-log', { logEntry });
  const refusal = ({ person, logEntry }: ReturnType<typeof upgrade>) =>
    person.http.refused('PUT', '/key-log', { logEntry });

  it('K11 a first entry of version 1 gives way to one of version 2 of the same device and key, once', async () => {
    const alice = await former();
    const before = await entriesOf(alice);
    const mallory = await Person.signUp(server().origin);
    for (const [what, entry] of wrongRoots(alice, mallory)) {
      // The very entry that is there is no change.
      if (what === 'of version 1') continue;
      expect(await refusal(upgrade(alice, entry)), what).toMatchObject({ status: 403, code: 'invalid_proof' });
    }
    expect(await entriesOf(alice)).toEqual(before);
    const entry = rootEntry(alice.owner, alice.key);
    await put(upgrade(alice, entry));
    expect(await entriesOf(alice)).toEqual([[toBase64url(entry)]]);
    await put(upgrade(alice, entry));
    const later = rootEntry(alice.owner, alice.key, set(5, Date.now() + 1));
    expect(await refusal(upgrade(alice, later))).toMatchObject({ code: 'invalid_proof' });
    const back = formerRootEntry(alice.account, alice.key);
    expect(await refusal(upgrade(alice, back))).toMatchObject({ code: 'invalid_proof' });
    expect(await entriesOf(alice)).toEqual([[toBase64url(entry)]]);
  });

  it('K11 a log whose first entry is of another device or key is left as it is', async () => {
    const alice = await Person.online(server().origin);
    const other = await Person.signUp(server().origin);
    for (const key of [other.key, { ...alice.key, publicKey: other.key.publicKey }]) {
      await store(alice.account, 0, formerRootEntry(alice.account, key));
      const before = await entriesOf(alice);
      expect(await refusal(upgrade(alice, rootEntry(alice.owner, alice.key)))).toMatchObject({ code: 'invalid_proof' });
      expect(await entriesOf(alice)).toEqual(before);
    }
  });

  it('K11 what is no base64url is invalid_request', async () => {
    const alice = await former();
    for (const logEntry of ['', 'AAAAA', 'AA==', 'ä', 7, 'A'.repeat(limits.keyLogEntryMaxBytes * 2)]) {
      const refused = await alice.http.refused('PUT', '/key-log', { logEntry });
      expect(refused, String(logEntry)).toMatchObject({ status: 400, code: 'invalid_request' });
    }
  });

  it('K11 only the present log is upgraded, by a session that is bound to its device', async () => {
    const alice = await former();
    const again = new Person(server().origin);
    const { username } = alice.me.account;
    again.me = await again.http.ok('POST', '/sessions', { username, password: goodPassword });
    const entry = rootEntry(alice.owner, alice.key);
    expect(await refusal(upgrade(again, entry))).toMatchObject({ code: 'device_required' });
    await again.registerDevice(true);
    await store(again.account, 1, formerRootEntry(again.account, again.key));
    expect(await refusal(upgrade(alice, entry))).toMatchObject({ code: 'device_replaced' });
    expect(await refusal(upgrade(again, entry))).toMatchObject({ code: 'invalid_proof' });
    const [first] = await entriesOf(again);
    const fresh = rootEntry(again.owner, again.key);
    await put(upgrade(again, fresh));
    expect(await entriesOf(again)).toEqual([first, [toBase64url(fresh)]]);
  });
});
