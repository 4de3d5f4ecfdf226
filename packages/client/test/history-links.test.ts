import { type ClientFrame, limits, type Seq } from '@undertone/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { randomBytes } from '../src/bytes.ts';
import { encodeLink } from '../src/content/history-link.ts';
import { sealBox } from '../src/content/signed-box.ts';
import { ContentKeys } from '../src/room/content-keys.ts';
import { readDevice } from '../src/session/device.ts';
import { stock } from './meeting.ts';
import { newEntryId, type Person, world } from './people.ts';
import { recordOf } from './stolen.ts';

describe('history links', () => {
  let at: Awaited<ReturnType<typeof world>>;
  beforeEach(async () => {
    at = await world();
  });
  afterEach(() => at.close());

  const stocked = (name: string) => stock(at.person(name));

  it('H5 H6 a member who posts as many false links as it may keeps nobody from the history, nor true ones from the log', async () => {
    const [alice, mallory] = [await stocked('alice'), await stocked('mallory')];
    const { id } = await alice.lobby();
    await mallory.lobby();
    await alice.say(id, 'long ago');
    await mallory.reads(id, 'long ago');
    const old = (await recordOf(mallory, id)).group;
    alice.setOnline(false);
    // What she links by herself is refused.
    const honest = (frame: ClientFrame): ClientFrame =>
      frame.type === 'send' && frame.kind === 'link' ? { ...frame, erases: [1 as Seq] } : frame;
    mallory.outgoing = honest;
    const carol = await stocked('carol');
    await carol.lobby();
    await carol.open(id);
    await carol.until('to wait', () => carol.unreadable(id).includes('waiting_for_history'));
    const { group } = await recordOf(mallory, id);
    const vault = await mallory.vaults.open(mallory.id);
    const device = await readDevice(vault);
    if (group === null || old === null || device === undefined) throw new Error('not in the group');
    const keys = await ContentKeys.open(id, vault);
    const [key, oldKey] = [keys.ownKey(group.generation, group.epoch), keys.ownKey(old.generation, old.epoch)];
    if (key === undefined || oldKey === undefined) throw new Error('no key');
    const bodies = new Map<string, Uint8Array<ArrayBuffer>>();
    mallory.outgoing = (frame) => {
      const body = frame.type === 'send' ? bodies.get(frame.id) : undefined;
      return body === undefined || frame.type !== 'send' ? honest(frame) : { ...frame, kind: 'link', body };
    };
    // Garbage, false keys, and the true one at last: newcomers believe only one word of hers.
    const claims = [undefined, randomBytes(32), randomBytes(32), oldKey];
    for (const claim of claims) {
      const entry = newEntryId();
      const context = { room: id, ...group, device: device.record.device, id: entry };
      const claimed = claim === undefined ? randomBytes(200) : encodeLink([{ ...old, key: claim }]);
      bodies.set(entry, await sealBox('undertone history link 1', context, key, device.key.privateKey, claimed));
      await mallory.core.sendText(id, { id: entry, text: 'not this' });
    }
    expect(claims.length).toBe(limits.historyLinksPerDevice);
    const count = async () =>
      await at.server.services.database.prisma.entry.count({ where: { roomId: id, kind: 'link', epoch: group.epoch } });
    await expect.poll(count).toBe(limits.historyLinksPerDevice);
    expect(carol.texts(id)).not.toContain('long ago');
    alice.setOnline(true);
    await carol.reads(id, 'long ago');
    expect(await count()).toBe(limits.historyLinksPerDevice + 1);
  }, 60_000);

  it('H5 a device whose links are used up in an epoch offers no more with every entry, and goes on in the next', async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const { id } = await alice.lobby();
    await alice.say(id, 'long ago');
    await bob.reads(id, 'long ago');
    bob.setOnline(false);
    const links: number[] = [];
    let spoiled = true;
    alice.outgoing = (frame) => {
      if (frame.type !== 'send' || frame.kind !== 'link') return frame;
      links.push(frame.epoch);
      return spoiled ? { ...frame, body: randomBytes(100) } : frame;
    };
    const carol = await stocked('carol');
    await carol.lobby();
    const talk = async (person: Person, times: number) => {
      for (let i = 0; i < times; i++) await person.say(id, `${person.name} ${i}`);
    };
    // A false one covers nothing, so another follows with the next entries, as often as it may.
    let refused = false;
    alice.incoming = (frame) => {
      refused ||= frame.type === 'error' && frame.code === 'link_limit';
      return [frame];
    };
    for (const until = performance.now() + 20_000; !refused && performance.now() < until; ) await talk(carol, 1);
    expect(refused).toBe(true);
    const seen = links.length;
    // Longer than any turn that it would wait for.
    for (const until = performance.now() + 1_500; performance.now() < until; ) await talk(carol, 1);
    await alice.say(id, 'still here');
    expect(links.length).toBe(seen);
    spoiled = false;
    const { group } = await recordOf(alice, id);
    const dave = await stocked('dave');
    await dave.lobby();
    // She said more than a page holds: he goes back to where it began.
    await dave.open(id);
    await dave.reads(id, 'still here');
    const older = async () => {
      const read: string[] = [];
      let oldest = (await dave.open(id))[0]?.order;
      while (oldest !== undefined) {
        const { rows } = await dave.core.olderRows(id, oldest, limits.pageMaxEntries);
        read.push(...rows.flatMap((row) => (row.kind === 'message' ? row.text : [])));
        oldest = rows[0]?.order;
      }
      return read;
    };
    await expect.poll(older, { timeout: 15_000 }).toContain('long ago');
    expect(links.at(-1)).toBe((group?.epoch ?? 0) + 1);
  }, 60_000);
});
