import { createHash } from 'node:crypto';
import type { BlobId, RoomId, RoomState, Seq, ServerConfig } from '@undertone/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Leases } from '../src/database/leases.ts';
import { retentionEmptied, retentionLastRun } from '../src/metrics/instruments.ts';
import { OldMessages } from '../src/retention/old-messages.ts';
import { startTestServer, type TestServer } from '../src/testing/start-test-server.ts';
import { databases } from './support/databases.ts';
import { at, blob, entryId, Person } from './support/person.ts';
import { twoInARoom, twoInAThread } from './support/rooms.ts';
import { onEachDatabase } from './support/server-per-database.ts';
import { download, stored, upload, usage } from './support/upload.ts';

const retentionDays = 30;
const settings = { retentionDays };

/** Let the room's entries up to `seq` be so many days older. */
async function age(server: TestServer, room: RoomId, seq: Seq, days: number): Promise<void> {
  await server.services.database.prisma.$executeRaw`
    UPDATE entries SET at = at - ${days}::float8 * interval '1 day' WHERE room_id = ${room}::uuid AND seq <= ${seq}`;
}

/** The room's log as a member reads it: kinds with the lengths of bodies. */
async function log(person: Person, room: RoomId): Promise<string[]> {
  const { entries } = await person.socket.request<'page'>({ type: 'pull', room, after: 0 as Seq, limit: 200 });
  return entries.map((entry) => `${entry.kind}${'body' in entry ? ` ${entry.body.length}` : ''}`);
}

async function stateOf(person: Person, room: RoomId): Promise<RoomState | undefined> {
  await person.connect();
  return person.hello.rooms.find(({ id }) => id === room);
}

onEachDatabase(
  'retention',
  (server) => {
    const run = () => server().services.retention.run();

    it('L9 messages that are too old are emptied; younger ones, commits, links and notices are kept', async () => {
      const { alice, bob, room } = await twoInARoom(server().origin);
      await alice.send(room, at(1, 1));
      await bob.commit(room, at(1, 1));
      await alice.send(room, at(1, 2), entryId(), 'link');
      const { seq } = await bob.send(room, at(1, 2));
      await age(server(), room, seq, retentionDays + 1);
      await alice.send(room, at(1, 2));
      const before = await log(alice, room);
      expect(await stateOf(alice, room)).toMatchObject({ emptiedSeq: 0 });
      expect(await run()).toBe(true);

      const after = await log(alice, room);
      expect(after).toEqual(before.map((entry, i) => (i < seq && entry === 'message 64' ? 'message 0' : entry)));
      expect(after.filter((entry) => entry === 'message 0')).toHaveLength(2);
      expect(after.at(-1)).toBe('message 64');
      expect(await stateOf(alice, room)).toMatchObject({ emptiedSeq: seq, head: seq + 1 });
      const page = { type: 'pull', room, before: (seq + 1) as Seq, limit: 2 } as const;
      expect((await bob.socket.request<'page'>(page)).emptiedSeq).toBe(seq);
      // The group goes on, and so does its history.
      await alice.send(room, at(1, 2));
      await bob.commit(room, at(1, 2));
      const links = { type: 'links', room, ...at(1, 3), limit: 10 } as const;
      expect((await bob.socket.request<'page'>(links)).entries).toHaveLength(1);
      const group = await bob.socket.request<'group'>({ type: 'group', room });
      expect(group.groupInfo.length).toBeGreaterThan(0);
    });

    it('E2 an emptied message has the digest of its body, also where it was erased before', async () => {
      const { alice, bob, room } = await twoInARoom(server().origin);
      const [first, second] = [blob(100), blob(200)];
      const frame = { type: 'send', room, ...at(1, 1), kind: 'message' } as const;
      const { seq } = await alice.socket.request<'ack'>({ ...frame, id: entryId(), body: first });
      await alice.socket.request<'ack'>({ ...frame, id: entryId(), body: second, erases: [seq] });
      await age(server(), room, (seq + 1) as Seq, retentionDays + 1);
      await run();
      const { entries } = await bob.socket.request<'page'>({ type: 'pull', room, after: (seq - 1) as Seq, limit: 10 });
      const digests = [first, second].map((body) => new Uint8Array(createHash('sha256').update(body).digest()));
      expect(entries).toMatchObject(digests.map((digest) => ({ body: new Uint8Array(), digest })));
    });

    it('L9 a Welcome waits for a member as long as it takes', async () => {
      const { bob, room } = await twoInAThread(server().origin);
      const { head = 0 as Seq } = (await stateOf(bob, room)) ?? {};
      await age(server(), room, head, 10 * retentionDays);
      await run();
      expect(await stateOf(bob, room)).toMatchObject({ welcome: true, emptiedSeq: head });
      const { welcome } = await bob.socket.request<'welcome'>({ type: 'welcome', room });
      expect(welcome.length).toBeGreaterThan(0);
    });

    it('L9 files go with their messages, and their place in the quota is free again', async () => {
      const { alice, bob, room } = await twoInARoom(server().origin);
      const [old, young] = [await upload(alice.http, blob(300)), await upload(alice.http, blob(20))];
      const sendWith = (id: BlobId) =>
        alice.socket.request<'ack'>({
          type: 'send',
          room,
          ...at(1, 1),
          id: entryId(),
          kind: 'message',
          body: blob(),
          blobs: [id],
        });
      const { seq } = await sendWith(old);
      await age(server(), room, seq, retentionDays + 1);
      await sendWith(young);
      expect(await usage(alice.http)).toBe(320);
      await run();
      expect((await download(bob.http, old)).status).toBe(404);
      expect((await download(alice.http, old)).status).toBe(404);
      expect((await download(bob.http, young)).status).toBe(200);
      await expect.poll(() => usage(alice.http)).toBe(20);
      expect(await stored(server())).not.toContain(old);
    });

    it('L9 an old message that is sent again gets its first ack, and stays empty', async () => {
      const { alice, bob, room } = await twoInARoom(server().origin);
      const id = entryId();
      const first = await alice.send(room, at(1, 1), id);
      await age(server(), room, first.seq, retentionDays + 1);
      await run();
      const head = (await log(bob, room)).length;
      expect(await alice.send(room, at(1, 1), id)).toMatchObject({ seq: first.seq });
      const after = await log(bob, room);
      expect(after).toHaveLength(head);
      expect(after[first.seq - 1]).toBe('message 0');
      // What its sender erases after that changes nothing, and is no failure.
      const erasing = { type: 'send', room, ...at(1, 1), id: entryId(), kind: 'message', body: blob() } as const;
      await alice.socket.request<'ack'>({ ...erasing, erases: [first.seq] });
    });

    it('L9 nothing goes before its time: not behind a younger entry, and not on the last day', async () => {
      const { alice, room } = await twoInARoom(server().origin);
      const first = await alice.send(room, at(1, 1));
      await age(server(), room, first.seq, retentionDays - 0.01);
      await run();
      expect((await stateOf(alice, room))?.emptiedSeq).toBe(0);
      expect((await log(alice, room))[first.seq - 1]).toBe('message 64');
      // A process whose clock is behind wrote the second: it waits for the first.
      await alice.send(room, at(1, 1));
      await age(server(), room, first.seq, -2 * retentionDays);
      await age(server(), room, (first.seq - 1) as Seq, 3 * retentionDays);
      await run();
      expect(await stateOf(alice, room)).toMatchObject({ emptiedSeq: first.seq - 1 });
    });

    it('L9 it goes in bounded steps, notes each with what it emptied, and a second run does nothing', async () => {
      const { alice, room } = await twoInARoom(server().origin);
      const acks = await Promise.all(Array.from({ length: 12 }, () => alice.send(room, at(1, 1))));
      const [first = 0, last = 0] = [acks[0]?.seq, acks.at(-1)?.seq];
      await age(server(), room, last as Seq, retentionDays + 1);
      const { database } = server().services;
      const messages = new OldMessages(database);
      const before = new Date(Date.now() - retentionDays * 86_400_000);
      expect((await messages.rooms(before, null, 1_000)).old).toContain(room);
      const empty = async () => (await log(alice, room)).filter((entry) => entry === 'message 0').length;
      const sizes = [first + 3, 5, 5];
      for (const [i, limit] of sizes.entries()) {
        const stretch = await messages.emptyNext(room, before, limit);
        expect(stretch).toMatchObject({ messages: [4, 5, 3][i], files: 0, more: i < 2 });
        expect(await empty()).toBe([4, 9, 12][i]);
        expect((await stateOf(alice, room))?.emptiedSeq).toBe([first + 3, first + 8, last][i]);
      }
      expect(await messages.emptyNext(room, before, 5)).toEqual({ messages: 0, files: 0, more: false });
      expect((await messages.rooms(before, null, 1_000)).old).not.toContain(room);
      await run();
      expect((await stateOf(alice, room))?.emptiedSeq).toBe(last);
    });

    it('L9 rooms are looked at page by page, each once', async () => {
      const { rows } = { rows: await server().services.database.prisma.room.findMany({ select: { id: true } }) };
      const messages = new OldMessages(server().services.database);
      const young = new Date(Date.now() + 86_400_000);
      const found: RoomId[] = [];
      for (let after: RoomId | null = null; ; ) {
        const page: { old: RoomId[]; last: RoomId | null } = await messages.rooms(young, after, 2);
        found.push(...page.old);
        if (page.last === null) break;
        after = page.last;
      }
      expect(new Set(found).size).toBe(found.length);
      expect(rows.map(({ id }) => id)).toEqual(expect.arrayContaining(found));
      expect(found.length).toBeGreaterThan(3);
    });

    it('L9 messages that come meanwhile are written, and none is lost', async () => {
      const { alice, bob, room } = await twoInARoom(server().origin);
      const old = await Promise.all(Array.from({ length: 40 }, () => alice.send(room, at(1, 1))));
      await age(server(), room, old.at(-1)?.seq ?? (0 as Seq), retentionDays + 1);
      const [acks] = await Promise.all([
        Promise.all(Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? alice : bob).send(room, at(1, 1)))),
        run(),
      ]);
      expect(new Set(acks.map(({ seq }) => seq)).size).toBe(40);
      const lengths = (await log(bob, room)).filter((entry) => entry.startsWith('message'));
      expect(lengths.map((entry) => entry === 'message 0')).toEqual(Array.from({ length: 80 }, (_, i) => i < 40));
    });

    it('what was emptied is counted, and when the last look ended is told', async () => {
      const { alice, room } = await twoInARoom(server().origin);
      const acks = await Promise.all([1, 2, 3].map(() => alice.send(room, at(1, 1))));
      await age(server(), room, acks.at(-1)?.seq ?? (0 as Seq), retentionDays + 1);
      const reading = async (metric: typeof retentionEmptied | typeof retentionLastRun) =>
        (await metric.get()).values[0]?.value ?? 0;
      const before = await reading(retentionEmptied);
      const began = Date.now() / 1_000;
      retentionLastRun.set(1);
      await run();
      expect((await reading(retentionEmptied)) - before).toBe(3);
      expect(await reading(retentionLastRun)).toBeGreaterThanOrEqual(began);
    });

    it('L9 people can ask how long messages are kept', async () => {
      const person = await Person.signUp(server().origin);
      expect((await person.http.ok<ServerConfig>('GET', '/config')).retentionDays).toBe(retentionDays);
    });
  },
  { settings },
);

onEachDatabase(
  'the retention job',
  (server) => {
    it('L9 runs by itself soon after the start, and again and again', async () => {
      const { alice, room } = await twoInARoom(server().origin);
      for (const _time of [1, 2]) {
        const { seq } = await alice.send(room, at(1, 1));
        await age(server(), room, seq, retentionDays + 1);
        await expect.poll(async () => (await log(alice, room))[seq - 1]).toBe('message 0');
      }
    });
  },
  { settings, tuning: { retention: { firstAfterMs: 0, everyMs: 20 } } },
);

onEachDatabase('without retention', (server) => {
  it('L9 all is kept', async () => {
    const { alice, room } = await twoInARoom(server().origin);
    const { seq } = await alice.send(room, at(1, 1));
    await age(server(), room, seq, 10_000);
    expect(await server().services.retention.run()).toBe(false);
    expect((await log(alice, room)).at(-1)).toBe('message 64');
    expect((await alice.http.ok<ServerConfig>('GET', '/config')).retentionDays).toBe(0);
  });
});

const postgres = databases.find(({ name }) => name === 'PostgreSQL');

describe.skipIf(!postgres?.available)('retention by two processes on one PostgreSQL', () => {
  let servers: TestServer[] = [];
  let drop = async (): Promise<void> => {};
  beforeAll(async () => {
    if (!postgres) return;
    const { location, drop: dropDatabase } = await postgres.create();
    drop = dropDatabase;
    servers = await Promise.all([1, 2].map(() => startTestServer({ database: location, settings })));
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.close()));
    await drop();
  });

  it('L9 one of them does it at a time', async () => {
    const [here, there] = servers as [TestServer, TestServer];
    const { alice, room } = await twoInARoom(here.origin);
    const { seq } = await alice.send(room, at(1, 1));
    await age(here, room, seq, retentionDays + 1);
    const lease = await new Leases(there.services.database).take('retention', () => {});
    expect(await here.services.retention.run()).toBe(false);
    expect((await log(alice, room))[seq - 1]).toBe('message 64');
    await lease?.release();
    expect(await here.services.retention.run()).toBe(true);
    expect((await log(alice, room))[seq - 1]).toBe('message 0');
  });

  it('L9 two at once, one of which lost its lease, empty each message once', async () => {
    const [here, there] = servers as [TestServer, TestServer];
    const { alice, room } = await twoInARoom(here.origin);
    const acks = await Promise.all(Array.from({ length: 30 }, () => alice.send(room, at(1, 1))));
    const last = acks.at(-1)?.seq ?? (0 as Seq);
    await age(here, room, last, retentionDays + 1);
    const before = new Date(Date.now() - retentionDays * 86_400_000);
    let emptied = 0;
    await Promise.all(
      [here, there].map(async ({ services }) => {
        const messages = new OldMessages(services.database);
        for (let more = true; more; ) {
          const stretch = await messages.emptyNext(room, before, 4);
          emptied += stretch.messages;
          more = stretch.more;
        }
      }),
    );
    expect(emptied).toBe(30);
    expect((await stateOf(alice, room))?.emptiedSeq).toBe(last);
  });
});
