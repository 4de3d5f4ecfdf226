import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { writeImage } from '../src/testing/database-image.ts';
import { at, blob, entryId, Person } from './support/person.ts';
import { ServerProcess } from './support/server-process.ts';
import { append, begin, bytesOf, download, offsetOf } from './support/upload.ts';

const mebibyte = 1024 ** 2;
const processes: ServerProcess[] = [];
let dataDir = '';

function start(): ServerProcess {
  const server = new ServerProcess({ PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'error' });
  processes.push(server);
  return server;
}

async function asBefore(person: Person, origin: string): Promise<Person> {
  const back = new Person(origin);
  back.http.cookie = person.http.cookie;
  back.key = person.key;
  await back.connect();
  return back;
}

afterEach(async () => {
  for (const server of processes.splice(0)) {
    server.kill('SIGKILL');
    await server.ended;
  }
  await rm(dataDir, { recursive: true, force: true });
});

it('F2 an upload goes on after its server was killed in the middle of a piece, and after one that was asked to go', async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'undertone-upload-'));
  await writeImage(join(dataDir, 'image'));
  await cp(join(dataDir, 'image'), join(dataDir, 'database'), { recursive: true });
  const data = blob(16 * mebibyte);
  let server = start();
  let alice = await Person.online(await server.line());
  const id = await begin(alice.http, data.length);
  expect((await append(alice.http, id, 0, data.subarray(0, mebibyte))).status).toBe(204);

  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    const offset = await offsetOf(alice.http, id);
    // A piece that never ends: its connection is open when the server goes.
    const { port } = new URL(alice.http.origin);
    const request = httpRequest({
      port,
      host: '127.0.0.1',
      method: 'PATCH',
      path: `/api/blobs/${id}`,
      headers: {
        origin: alice.http.origin,
        cookie: alice.http.cookie,
        'tus-resumable': '1.0.0',
        'upload-offset': offset,
        'content-type': 'application/offset+octet-stream',
        'content-length': data.length - offset,
      },
    });
    const cut = new Promise((resolve) => request.on('error', resolve));
    await new Promise<void>((resolve) => request.write(data.subarray(offset, offset + 4 * mebibyte), () => resolve()));
    server.kill(signal);
    await cut;
    expect((await server.ended).code).toBe(signal === 'SIGTERM' ? 0 : null);
    server = start();
    alice = await asBefore(alice, await server.line());
    expect(await offsetOf(alice.http, id)).toBeGreaterThanOrEqual(offset);
  }

  const offset = await offsetOf(alice.http, id);
  expect((await append(alice.http, id, offset, data.subarray(offset))).status).toBe(204);
  expect(Buffer.compare(await bytesOf(await download(alice.http, id)), data)).toBe(0);

  const room = await alice.room('Files');
  await alice.found(room);
  const send = { type: 'send', room, ...at(1, 0), kind: 'message', body: blob(), id: entryId() } as const;
  await alice.socket.request<'ack'>({ ...send, blobs: [id] });
  server.kill('SIGKILL');
  await server.ended;
  alice = await asBefore(alice, await start().line());
  expect(Buffer.compare(await bytesOf(await download(alice.http, id)), data)).toBe(0);
}, 120_000);

it('F3 a file whose last byte came just before its server was killed is whole after asking for the offset', async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'undertone-upload-'));
  await writeImage(join(dataDir, 'image'));
  await cp(join(dataDir, 'image'), join(dataDir, 'database'), { recursive: true });
  const server = start();
  const alice = await Person.online(await server.line());
  const data = blob(1_000);
  const id = await begin(alice.http, data.length);
  server.kill('SIGKILL');
  await server.ended;
  // All bytes were written, and the row was not.
  await writeFile(join(dataDir, 'blobs', id), data);
  const back = await asBefore(alice, await start().line());
  expect((await download(back.http, id)).status).toBe(409);
  expect(await offsetOf(back.http, id)).toBe(1_000);
  expect(Buffer.compare(await bytesOf(await download(back.http, id)), data)).toBe(0);
}, 60_000);
