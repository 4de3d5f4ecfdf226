import type { BlobId, RoomId } from '@undertone/protocol';
import { expect, it } from 'vitest';
import { at, blob, codeOf, entryId, goodPassword, Person } from './support/person.ts';
import { twoInARoom } from './support/rooms.ts';
import { onEachDatabase } from './support/server-per-database.ts';
import { append, begin, bytesOf, download, refusalOf, stored, terminate, upload, usage } from './support/upload.ts';

onEachDatabase('files', (server) => {
  const online = () => Person.online(server().origin);

  async function sendWith(person: Person, room: RoomId, blobs: BlobId[], epoch = 1, id = entryId()) {
    const frame = { type: 'send', room, ...at(1, epoch), id, kind: 'message', body: blob(), blobs } as const;
    return person.socket.request<'ack'>(frame);
  }

  it('F3 ranges: parts, the end, what is not there', async () => {
    const { http } = await online();
    const data = blob(1_000);
    const id = await upload(http, data);
    const part = await download(http, id, 'bytes=100-299');
    expect(part.status).toBe(206);
    expect(part.headers.get('content-range')).toBe('bytes 100-299/1000');
    expect(part.headers.get('content-length')).toBe('200');
    expect(Buffer.compare(await bytesOf(part), data.subarray(100, 300))).toBe(0);
    const end = await download(http, id, 'bytes=-50');
    expect(Buffer.compare(await bytesOf(end), data.subarray(950))).toBe(0);
    expect((await download(http, id, 'bytes=0-1,5-6')).status).toBe(200);
    const none = await download(http, id, 'bytes=1000-');
    expect(none.headers.get('content-range')).toBe('bytes */1000');
    expect(await refusalOf(none)).toEqual([416, 'invalid_request']);
  });

  it('F3 a file is read by the room of the message that names it, and by nobody else', async () => {
    const { alice, bob, room } = await twoInARoom(server().origin);
    const carol = await online();
    const data = blob(500);
    const id = await upload(alice.http, data);
    expect((await download(bob.http, id)).status).toBe(404);
    await sendWith(alice, room, [id]);
    expect(Buffer.compare(await bytesOf(await download(bob.http, id)), data)).toBe(0);
    expect((await download(carol.http, id)).status).toBe(404);
    await carol.join(room);
    expect((await download(carol.http, id)).status).toBe(200);
    await bob.leave(room);
    expect((await download(bob.http, id)).status).toBe(404);
    expect((await download(alice.http, id)).status).toBe(200);
    expect(await refusalOf(await terminate(alice.http, id))).toEqual([400, 'invalid_request']);
  });

  it('F3 in a thread a newcomer reads no files from before', async () => {
    const [alice, bob, carol] = [await online(), await online(), await online()];
    const { room } = await alice.createThread([bob]);
    const [before, after] = [await upload(alice.http, blob(10)), await upload(alice.http, blob(10))];
    await sendWith(alice, room, [before]);
    await alice.commit(room, at(1, 1), { added: [carol.device] });
    await sendWith(alice, room, [after], 2);
    expect((await download(bob.http, before)).status).toBe(200);
    expect((await download(carol.http, before)).status).toBe(404);
    expect((await download(carol.http, after)).status).toBe(200);
  });

  it('F3 only a whole file of the own account may be named, once', async () => {
    const { alice, bob, room } = await twoInARoom(server().origin);
    const half = await begin(alice.http, 100);
    await append(alice.http, half, 0, blob(50));
    expect(await codeOf(sendWith(alice, room, [half]))).toBe('blob_incomplete');
    const id = await upload(alice.http, blob(10));
    expect(await codeOf(sendWith(bob, room, [id]))).toBe('unknown_blob');
    expect(await codeOf(sendWith(alice, room, [crypto.randomUUID() as BlobId]))).toBe('unknown_blob');
    expect(await codeOf(sendWith(alice, room, [id, half]))).toBe('blob_incomplete');
    const other = await alice.room(`room ${crypto.randomUUID()}`);
    await alice.found(other);
    const both = await Promise.allSettled([sendWith(alice, room, [id]), sendWith(alice, other, [id], 0)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await codeOf(sendWith(alice, room, [id]))).toBe('unknown_blob');
  });

  it('F3 the same message sent again gets the first ack, though its file is taken', async () => {
    const { alice, room } = await twoInARoom(server().origin);
    const blobs = [await upload(alice.http, blob(10)), await upload(alice.http, blob(10))];
    const id = entryId();
    const [first, second] = await Promise.all([
      sendWith(alice, room, blobs, 1, id),
      sendWith(alice, room, blobs, 1, id),
    ]);
    expect(second.seq).toBe(first.seq);
    expect((await sendWith(alice, room, blobs, 1, id)).seq).toBe(first.seq);
  });

  it('F3 an erased message takes its file along', async () => {
    const { alice, bob, room } = await twoInARoom(server().origin);
    const id = await upload(alice.http, blob(300));
    const { seq } = await sendWith(alice, room, [id]);
    expect(await usage(alice.http)).toBe(300);
    const erase = { type: 'send', room, ...at(1, 1), id: entryId(), kind: 'message', body: blob() } as const;
    await alice.socket.request<'ack'>({ ...erase, erases: [seq] });
    expect((await download(bob.http, id)).status).toBe(404);
    expect((await download(alice.http, id)).status).toBe(404);
    await expect.poll(() => usage(alice.http)).toBe(0);
    expect(await stored(server())).not.toContain(id);
  });

  it("F3 files go with a thread's end", async () => {
    const [alice, bob] = [await online(), await online()];
    const { room } = await alice.createThread([bob]);
    const id = await upload(alice.http, blob(10));
    await sendWith(alice, room, [id]);
    await bob.leave(room);
    await alice.leave(room);
    await expect.poll(() => usage(alice.http)).toBe(0);
    expect(await stored(server())).not.toContain(id);
  });

  it("F3 files go with the account's end, those in messages too", async () => {
    const { alice, bob, room } = await twoInARoom(server().origin);
    const [sent, unsent] = [await upload(alice.http, blob(10)), await begin(alice.http, 10)];
    await sendWith(alice, room, [sent]);
    await alice.http.ok('DELETE', '/account', { password: goodPassword });
    expect((await download(bob.http, sent)).status).toBe(404);
    await expect
      .poll(async () => (await stored(server())).filter((name) => [sent, unsent].includes(name as BlobId)))
      .toEqual([]);
  });

  it('F3 what is unfinished or unsent for too long goes, and what no row knows of', async () => {
    const { alice, room } = await twoInARoom(server().origin);
    const [unfinished, unsent, sent] = [
      await begin(alice.http, 10),
      await upload(alice.http, blob(20)),
      await upload(alice.http, blob(40)),
    ];
    await sendWith(alice, room, [sent]);
    const { database, blobs } = server().services;
    await blobs.collector.collect();
    expect(await usage(alice.http)).toBe(70);
    await database.prisma.$executeRaw`
      UPDATE blobs SET expires_at = now() - interval '1 second' WHERE id = ANY(${[unfinished, unsent]}::uuid[])`;
    await blobs.collector.collect();
    expect(await usage(alice.http)).toBe(40);
    expect(await stored(server())).not.toContain(unfinished);
    expect(await stored(server())).not.toContain(unsent);

    const stray = await upload(alice.http, blob(5));
    await database.prisma.$executeRaw`DELETE FROM blobs WHERE id = ${stray}::uuid`;
    expect(await stored(server())).toContain(stray);
    await blobs.collector.sweep();
    expect(await stored(server())).not.toContain(stray);
    expect(await stored(server())).toContain(sent);
  });
});
