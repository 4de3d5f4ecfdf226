import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { limits, type RoomId } from '@undertone/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { randomBytes } from '../src/bytes.ts';
import { layoutOf } from '../src/files/content-encoding.ts';
import { type FileToSend, transferId } from '../src/index.ts';
import { type CuttableProxy, cuttableProxy } from './cuttable-proxy.ts';
import { newThread, stock } from './meeting.ts';
import { type Person, world } from './people.ts';
import { answers, expectContent, fileOf, fileRow, inLog, isHere, megabytes, targetOf } from './sent-files.ts';

let at: Awaited<ReturnType<typeof world>>;
let proxy: CuttableProxy;
beforeEach(async () => {
  at = await world();
  proxy = await cuttableProxy(at.server.origin);
});
afterEach(async () => {
  await proxy.close();
  await at.close();
});

const stocked = (name: string, via?: string) => stock(at.person(name, via));

async function inThread(via?: { alice?: string; bob?: string }): Promise<{ alice: Person; bob: Person; id: RoomId }> {
  const [alice, bob] = [await stocked('alice', via?.alice), await stocked('bob', via?.bob)];
  const id = await newThread(alice, bob);
  return { alice, bob, id };
}

const blobFolder = () => {
  const { blobs } = at.server.services.settings;
  if (blobs.kind !== 'folder') throw new Error('no folder');
  return blobs.folder;
};
/** Files of ciphertext on the server. */
const onServer = async () => {
  const names = await readdir(blobFolder());
  return names.filter((name) => /^[0-9a-f-]{36}$/.test(name)).map((name) => join(blobFolder(), name));
};

describe('in a thread', () => {
  it('C10 a file is offered, accepted and received, and the sender sees each', async () => {
    const { alice, bob, id } = await inThread();
    const bytes = megabytes(2);
    const thumbnail = randomBytes(limits.thumbnailMaxBytes);
    await alice.core.sendFile(id, fileOf(bytes, 'plans.png', { thumbnail, caption: 'look', width: 3, height: 4 }));
    const offer = await inLog(bob, id);
    expect(offer).toMatchObject({
      text: 'look',
      file: { name: 'plans.png', bytes: bytes.length, width: 3, here: false },
    });
    expect(Buffer.from(offer.file?.thumbnail ?? []).equals(thumbnail)).toBe(true);
    await expect(bob.core.openFile(id, targetOf(offer))).rejects.toThrow();
    await bob.core.acceptFile(id, targetOf(offer));
    await fileRow(alice, id, (row) => answers(row)?.join() === 'accepted' || answers(row)?.join() === 'received');
    await fileRow(alice, id, (row) => answers(row)?.join() === 'received');
    const here = await fileRow(bob, id, isHere);
    await expectContent(await bob.core.openFile(id, targetOf(here)), bytes);
    const own = await inLog(alice, id);
    expect(isHere(own)).toBe(true);
    await expectContent(await alice.core.openFile(id, targetOf(own)), bytes);
    for (const person of [alice, bob]) expect(person.snapshot?.transfers).toEqual([]);
  });

  it('C10 a file can be declined', async () => {
    const { alice, bob, id } = await inThread();
    await alice.core.sendFile(id, fileOf(randomBytes(100)));
    const offer = await inLog(bob, id);
    await bob.core.declineFile(id, targetOf(offer));
    await fileRow(alice, id, (row) => answers(row)?.join() === 'declined');
    expect(bob.files.files.size).toBe(0);
    await bob.core.acceptFile(id, targetOf(offer));
    await fileRow(alice, id, (row) => answers(row)?.join() === 'received');
  });

  it('F1 the server holds neither content nor name, and not the exact length', async () => {
    const { alice, bob, id } = await inThread();
    const words = new TextEncoder().encode('the tulips are for thursday '.repeat(500));
    await alice.core.sendFile(id, fileOf(words, 'tulips for thursday.txt'));
    await inLog(bob, id);
    const [path] = await onServer();
    const stored = await readFile(path ?? '');
    expect(stored.length).toBe(layoutOf(words.length).encodedBytes);
    expect(stored.includes('tulips')).toBe(false);
    for (const frame of [...alice.wire, ...bob.wire]) expect(Buffer.from(frame).includes('tulips')).toBe(false);
    expect(alice.files.files.size).toBe(1);
    for (const bytes of alice.files.files.values()) expect(Buffer.from(bytes).includes('tulips')).toBe(false);
  });

  it('F4 what was changed or replaced on the server is noticed, and nothing of it stays', async () => {
    const { alice, bob, id } = await inThread();
    const bytes = megabytes(2);
    await alice.core.sendFile(id, fileOf(bytes));
    const offer = await inLog(bob, id);
    const [path = ''] = await onServer();
    const good = await readFile(path);
    const row = () => bob.snapshot?.transfers.find((transfer) => transfer.id === transferId(id, offer.key));
    const failsOnce = async (bad: Uint8Array) => {
      await writeFile(path, bad);
      const before = row();
      if (before === undefined) await bob.core.acceptFile(id, targetOf(offer));
      else await bob.core.resumeTransfer(transferId(id, offer.key));
      // Not the failure of before, which is shown until the next is told.
      await bob.until('the failure', () => row() !== before && row()?.state === 'failed');
      expect(row()?.failure).toContain('damaged');
      expect([...bob.files.files.values()].reduce((sum, { length }) => sum + length, 0)).toBe(0);
    };
    const flipped = Buffer.from(good);
    flipped[good.length - 5] = (flipped[good.length - 5] ?? 0) ^ 1;
    await failsOnce(flipped);
    await failsOnce(new Uint8Array(good.length).fill(7));
    expect((await inLog(bob, id)).file?.here).toBe(false);
    expect(answers(await inLog(alice, id))).toEqual(['accepted']);
    await writeFile(path, good);
    await bob.core.resumeTransfer(transferId(id, offer.key));
    await expectContent(await bob.core.openFile(id, targetOf(await fileRow(bob, id, isHere))), bytes);
    await fileRow(alice, id, (alices) => answers(alices)?.join() === 'received');
  });

  it('F3, C7 a file goes with its message, everywhere', async () => {
    const { alice, bob, id } = await inThread();
    await alice.core.sendFile(id, fileOf(randomBytes(1_000)));
    const offer = await inLog(bob, id);
    await bob.core.acceptFile(id, targetOf(offer));
    await fileRow(alice, id, (row) => answers(row)?.join() === 'received');
    await alice.core.deleteMessage(id, targetOf(await inLog(alice, id)), 'everyone');
    await bob.until('the tombstone', () => bob.shown(id).some((row) => row.kind === 'message' && row.deleted));
    await expect.poll(() => bob.files.files.size + alice.files.files.size).toBe(0);
    await expect.poll(async () => (await onServer()).length, { timeout: 10_000 }).toBe(0);
  });
});

describe('in a public room', () => {
  it('files need no answer, and newcomers can have them', async () => {
    const alice = await stocked('alice');
    const { id } = await alice.lobby();
    const bytes = randomBytes(5_000);
    await alice.core.sendFile(id, fileOf(bytes));
    await inLog(alice, id);
    const carol = await at.person('carol').signUp();
    await carol.lobby();
    await carol.open(id);
    const row = await inLog(carol, id);
    await carol.core.acceptFile(id, targetOf(row));
    await fileRow(carol, id, isHere);
    await expectContent(await carol.core.openFile(id, targetOf(row)), bytes);
    expect(answers(await inLog(alice, id))).toEqual([]);
  });
});

describe('when the way is cut', () => {
  it('F2 an upload goes on where it was, also after a reload, and what is said meanwhile is not held up', async () => {
    const { alice, bob, id } = await inThread({ alice: proxy.origin });
    const bytes = megabytes(20);
    proxy.cutAfter('up', 11 * 1024 * 1024);
    await alice.core.sendFile(id, fileOf(bytes));
    await expect.poll(() => proxy.isCut, { timeout: 10_000 }).toBe(true);
    await alice.until('it to wait', () => alice.snapshot?.transfers[0]?.state === 'waiting');
    await expect.poll(() => [...alice.files.files.values()][0]?.length).toBe(layoutOf(bytes.length).encodedBytes);
    await alice.reload();
    await alice.open(id);
    expect(alice.snapshot?.transfers).toHaveLength(1);
    proxy.mend();
    await alice.core.reconnect();
    await alice.say(id, 'meanwhile');
    const offer = await inLog(bob, id);
    expect(proxy.passed.up).toBeLessThan(15 * 1024 * 1024);
    await bob.core.acceptFile(id, targetOf(offer));
    await fileRow(bob, id, isHere);
    await expectContent(await bob.core.openFile(id, targetOf(offer)), bytes);
    expect(await onServer()).toHaveLength(1);
  }, 30_000);

  it('F2 a reload before the file was read to its end is said, and leaves nothing', async () => {
    const { alice, id } = await inThread();
    let read = 0;
    const content = {
      size: 5_000_000,
      stream: () =>
        new ReadableStream({
          pull: (stream) => {
            read += 1;
            if (read === 3) return new Promise(() => {});
            stream.enqueue(new Uint8Array(1024 * 1024));
          },
        }),
    } as unknown as Blob;
    await alice.core.sendFile(id, { ...fileOf(randomBytes(1)), content });
    await expect.poll(() => read).toBe(3);
    await alice.reload();
    await alice.open(id);
    const [transfer] = alice.snapshot?.transfers ?? [];
    expect(transfer).toMatchObject({ state: 'failed' });
    expect(transfer?.failure).toContain('Choose it again');
    await expect(alice.core.resumeTransfer(transfer?.id ?? '')).rejects.toMatchObject({ code: 'file_unreadable' });
    await alice.core.cancelTransfer(transfer?.id ?? '');
    expect(alice.shown(id).filter((row) => row.kind === 'message')).toEqual([]);
    expect(alice.files.files.size).toBe(0);
  });

  it('F4 a download goes on where it was, also after a reload', async () => {
    const { alice, bob, id } = await inThread({ bob: proxy.origin });
    const bytes = megabytes(12);
    await alice.core.sendFile(id, fileOf(bytes));
    const offer = await inLog(bob, id);
    proxy.cutAfter('down', 7 * 1024 * 1024);
    await bob.core.acceptFile(id, targetOf(offer));
    await expect.poll(() => proxy.isCut, { timeout: 10_000 }).toBe(true);
    await expect.poll(() => bob.snapshot?.transfers[0]?.state, { timeout: 10_000 }).toBe('waiting');
    await bob.reload();
    proxy.mend();
    await bob.core.reconnect();
    await bob.open(id);
    await fileRow(bob, id, isHere);
    expect(proxy.passed.down).toBeLessThan(8 * 1024 * 1024);
    await expectContent(await bob.core.openFile(id, targetOf(offer)), bytes);
    await fileRow(alice, id, (row) => answers(row)?.join() === 'received');
  }, 30_000);
});

describe('what cannot be', () => {
  it('an empty file, a name or caption that is too long, and a full browser are refused before anything begins', async () => {
    const alice = await stocked('alice');
    const { id } = await alice.lobby();
    const refused = async (file: FileToSend, code: string) =>
      await expect(alice.core.sendFile(id, file)).rejects.toMatchObject({ code });
    await refused(fileOf(new Uint8Array()), 'empty_file');
    await refused(fileOf(randomBytes(1), 'n'.repeat(256)), 'too_long');
    await refused(fileOf(randomBytes(1), 'n', { caption: 'c'.repeat(limits.captionMaxBytes + 1) }), 'too_long');
    alice.files.quotaBytes = 1_000;
    await refused(fileOf(randomBytes(2_000)), 'storage_full_here');
    expect(alice.shown(id).filter((row) => row.kind === 'message')).toEqual([]);
    expect(alice.files.files.size).toBe(0);
  });

  it('what the server refuses is said at the transfer, and giving it up leaves nothing', async () => {
    await at.close();
    at = await world({ settings: { blobMaxBytes: 100_000 } });
    const alice = await stocked('alice');
    const { id } = await alice.lobby();
    await alice.core.sendFile(id, fileOf(randomBytes(60_000)));
    await inLog(alice, id);
    const big = fileOf(megabytes(1));
    await alice.core.sendFile(id, big);
    const failed = await alice.until('the refusal', () => alice.snapshot?.transfers.find((t) => t.state === 'failed'));
    expect(failed.failure).toContain('larger than this server accepts');
    await alice.core.cancelTransfer(failed.id);
    await alice.until('it to be gone', () => alice.shown(id).filter((row) => row.kind === 'message').length === 1);
    expect(alice.files.files.size).toBe(1);
    expect(await onServer()).toHaveLength(1);
  });

  it('a cancelled upload leaves nothing, here or there', async () => {
    const alice = await stocked('alice', proxy.origin);
    const { id } = await alice.lobby();
    proxy.cutAfter('up', 9 * 1024 * 1024);
    await alice.core.sendFile(id, fileOf(megabytes(12)));
    const waiting = await alice.until('it to wait', () =>
      alice.snapshot?.transfers.find((t) => t.state === 'waiting' && t.doneBytes > 0),
    );
    proxy.mend();
    await alice.core.cancelTransfer(waiting.id);
    expect(alice.shown(id).filter((row) => row.kind === 'message')).toEqual([]);
    expect(alice.files.files.size).toBe(0);
    await expect.poll(async () => (await onServer()).length, { timeout: 10_000 }).toBe(0);
  });

  it('a stored copy that is cut here is noticed when it is opened, and can be had again', async () => {
    const { alice, bob, id } = await inThread();
    const bytes = randomBytes(3_000);
    await alice.core.sendFile(id, fileOf(bytes));
    const offer = await inLog(bob, id);
    await bob.core.acceptFile(id, targetOf(offer));
    await fileRow(bob, id, isHere);
    const [[name, stored] = ['', new Uint8Array()]] = [...bob.files.files];
    bob.files.files.set(name, stored.slice(0, 100));
    await expect(bob.core.openFile(id, targetOf(offer))).rejects.toMatchObject({ code: 'file_damaged' });
    await bob.core.acceptFile(id, targetOf(offer));
    await expect.poll(async () => (await bob.core.openFile(id, targetOf(offer)).catch(() => null))?.size).toBe(3_000);
  });
});
