import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../src/testing/start-test-server.ts';
import { databases } from './support/databases.ts';
import { at, codeOf, entryId, Person } from './support/person.ts';

const postgres = databases.find(({ name }) => name === 'PostgreSQL');

describe.skipIf(!postgres?.available)('two servers on one PostgreSQL', () => {
  let servers: TestServer[] = [];
  let drop = async (): Promise<void> => {};
  beforeAll(async () => {
    if (!postgres) return;
    const database = await postgres.create();
    drop = database.drop;
    // Both start at once on an empty database: they take turns to migrate it.
    servers = await Promise.all([1, 2].map(() => startTestServer({ database: database.location })));
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.close()));
    await drop();
  });

  async function oneOnEach(): Promise<[Person, Person]> {
    const [first, second] = await Promise.all(servers.map((server) => Person.online(server.origin)));
    if (!first || !second) throw new Error('nobody');
    return [first, second];
  }

  it('there is one lobby', async () => {
    const [alice, bob] = await oneOnEach();
    expect(await alice.lobby()).toBe(await bob.lobby());
  });

  it('L1 seq is gapless with senders on both', async () => {
    const [alice, bob] = await oneOnEach();
    const room = await alice.room('Shared by two');
    await bob.join(room);
    await alice.found(room);
    await bob.enter(room, at(1, 0));
    const acks = await Promise.all(
      Array.from({ length: 160 }, (_, i) => (i % 2 === 0 ? alice : bob).send(room, at(1, 1))),
    );
    const seqs = acks.map((ack) => ack.seq).sort((a, b) => a - b);
    expect(seqs).toEqual(seqs.map((_, i) => (seqs[0] ?? 0) + i));
    const page = await bob.socket.request<'page'>({ type: 'pull', room, after: 0 as never, limit: 200 });
    expect(page.entries.map((entry) => entry.seq)).toEqual(page.entries.map((_, i) => i + 1));
  });

  it('R2 of commits racing on both exactly one wins, and no message slips behind it', async () => {
    const [alice, bob] = await oneOnEach();
    const room = await alice.room('Raced by two');
    await bob.join(room);
    await alice.found(room);
    await bob.enter(room, at(1, 0));
    for (let epoch = 1; epoch < 12; epoch += 1) {
      const outcomes = await Promise.allSettled([
        alice.commit(room, at(1, epoch)),
        bob.commit(room, at(1, epoch)),
        alice.send(room, at(1, epoch)),
        bob.send(room, at(1, epoch)),
      ]);
      const commits = outcomes.slice(0, 2).map((outcome) => outcome.status);
      expect(commits.sort()).toEqual(['fulfilled', 'rejected']);
    }
    const page = await alice.socket.request<'page'>({ type: 'pull', room, after: 0 as never, limit: 200 });
    let epoch = 0;
    for (const entry of page.entries) {
      if (entry.generation === 0) continue;
      expect(entry.epoch).toBe(epoch);
      if (entry.kind === 'commit') epoch += 1;
    }
    expect(epoch).toBe(12);
  });

  it('L4 the same envelope sent to both at once is one entry', async () => {
    const [alice] = await oneOnEach();
    const room = await alice.room('Sent twice');
    await alice.found(room);
    const other = new Person(servers[1]?.origin ?? '');
    other.http.cookie = alice.http.cookie;
    other.key = alice.key;
    await other.connect();
    const id = entryId();
    const [here, there] = await Promise.all([alice.send(room, at(1, 0), id), other.send(room, at(1, 0), id)]);
    expect(here.seq).toBe(there.seq);
  });

  it('R6 a server that knows a room sees what the other changed in it before it appends', async () => {
    const [alice, bob] = await oneOnEach();
    const room = await alice.room('Known to one');
    await bob.join(room);
    await alice.found(room);
    await bob.enter(room, at(1, 0));
    // Twice each: the second goes by what the first has read.
    await alice.send(room, at(1, 1));
    await alice.send(room, at(1, 1));
    await bob.send(room, at(1, 1));
    const last = await bob.send(room, at(1, 1));
    const carol = await Person.online(servers[1]?.origin ?? '');
    await carol.join(room);
    await carol.enter(room, at(1, 1));
    expect(await codeOf(alice.send(room, at(1, 1)))).toBe('stale_epoch');
    expect((await alice.send(room, at(1, 2))).seq).toBe(last.seq + 3);
    await carol.leave(room);
    expect(await codeOf(alice.send(room, at(1, 2)))).toBe('removal_pending');
    await alice.commit(room, at(1, 2), { removed: [carol.device] });
    await alice.send(room, at(1, 3));
    const again = entryId();
    const first = await alice.send(room, at(1, 3), again);
    expect((await alice.send(room, at(1, 3), again)).seq).toBe(first.seq);
    expect((await alice.send(room, at(1, 3))).seq).toBe(first.seq + 1);
  });

  it('a server goes on after PostgreSQL has cut its connections', async () => {
    const [alice, bob] = await oneOnEach();
    const room = await alice.room('Cut off');
    await alice.found(room);
    const cut =
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()';
    await servers[1]?.services.database.prisma.$queryRawUnsafe(cut);
    const id = entryId();
    // Every pooled connection may fail once; a client that goes on trying, as ours does, gets through, and is in the log once.
    let sent: Awaited<ReturnType<typeof alice.send>> | undefined;
    for (let tries = 0; sent === undefined && tries < 20; tries += 1) {
      sent = await alice.send(room, at(1, 0), id).catch(() => undefined);
    }
    const again = await alice.send(room, at(1, 0), id);
    expect(again.seq).toBe(sent?.seq);
    expect(await codeOf(bob.send(room, at(1, 0)))).toBe('not_member');
  });
});
