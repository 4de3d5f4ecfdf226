import { generateSigningKey } from '@undertone/identity';
import type {
  AccountId,
  DeviceId,
  EntryId,
  Epoch,
  Generation,
  MessageEntry,
  RoomId,
  RoomState,
  Seq,
} from '@undertone/protocol';
import { Vault } from '@undertone/vault';
import { MemoryBackend } from '@undertone/vault/memory';
import { beforeEach, describe, expect, it } from 'vitest';
import { type ContentDocument, encodeDocument } from '../content/document.ts';
import { sealBox } from '../content/signed-box.ts';
import { ContentKeys } from './content-keys.ts';
import { reactionsPerAccount } from './counted-annotations.ts';
import { heldEpoch } from './origins.ts';
import type { RoomDeps } from './room-deps.ts';
import { freshRecord } from './room-record.ts';
import { RoomStore } from './room-store.ts';
import { readBefore, rereadWaiting, storedRows } from './timeline.ts';

const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const room = uuid(1) as RoomId;
const account = uuid(2) as AccountId;
const device = uuid(3) as DeviceId;
const generation = 1 as Generation;
const state: RoomState = {
  id: room,
  kind: 'public',
  policy: 'shared',
  slug: 's',
  name: 'n',
  topic: '',
  joinedSeq: 100 as Seq,
  head: 100 as Seq,
  emptiedSeq: 0 as Seq,
  generation,
  epoch: 5 as Epoch,
  pendingRemovals: [],
  inGroup: true,
  welcome: false,
  createdAt: 0,
};
const contentKey = crypto.getRandomValues(new Uint8Array(32));

let vault: Vault;
let deps: RoomDeps;
let keys: ContentKeys;
let entry: (
  seq: number,
  epoch: number,
  document: ContentDocument,
  key?: Uint8Array<ArrayBuffer>,
) => Promise<MessageEntry>;

beforeEach(async () => {
  const signer = await generateSigningKey();
  vault = await Vault.open(new MemoryBackend());
  keys = await ContentKeys.open(room, vault);
  for (const epoch of [3, 4, 5]) keys.addOwn(generation, epoch as Epoch, contentKey);
  deps = {
    vault,
    self: { account: uuid(4) as AccountId, device: uuid(5) as DeviceId },
    identities: { fetchDeviceKey: async () => signer.publicKey, isFormer: () => false },
    files: { isHere: () => false },
    timelineChanged: () => {},
    roomChanged: () => {},
    arrived: () => {},
  } as unknown as RoomDeps;
  entry = async (seq, epoch, document, key = contentKey) => {
    const context = { room, generation, epoch: epoch as Epoch, device, id: uuid(seq) as EntryId };
    const body = await sealBox('undertone shared message 1', context, key, signer.privateKey, encodeDocument(document));
    return { kind: 'message', seq: seq as Seq, at: seq, account, ...context, body } as MessageEntry;
  };
});

const text = (text: string): ContentDocument => ({ v: 1, type: 'text', text });
const target = { seq: 10 as Seq, device, id: uuid(10) as EntryId };
const record = freshRecord(state, false, []);

/** Read pages as they come, the newest first, and give what is shown in the end. */
async function shown(...pages: MessageEntry[][]): Promise<string[]> {
  let present = record;
  let after = { generation, epoch: state.epoch, ids: new Set<string>() };
  for (const page of pages) {
    const stretch = await readBefore(deps, present, keys, page, after);
    await vault.write(stretch.writes);
    present = stretch.record;
    after = stretch.oldest;
    expect(await heldEpoch(vault, room, 'oldest')).toEqual(after);
  }
  const rows = await storedRows(deps, present, [], Number.MAX_SAFE_INTEGER, 50);
  return rows.flatMap((row) =>
    row.kind === 'message' ? row.text : row.kind === 'unreadable' ? `(${row.reason})` : [],
  );
}

describe('apply', () => {
  it('C7 nothing stays of a message whose edit and deletion come together with it', async () => {
    const store = await RoomStore.open(deps, { ...record, cursor: 9 as Seq, first: 1 as Seq });
    store.keys?.addOwn(generation, 5 as Epoch, contentKey);
    await store.apply([
      await entry(10, 5, text('secret one')),
      await entry(11, 5, { v: 1, type: 'edit', target, text: 'secret two' }),
      await entry(12, 5, { v: 1, type: 'delete', target }),
    ]);
    const held = [...(await vault.scan('entries')), ...(await vault.scan('annotations'))];
    expect(held).toHaveLength(4);
    expect(JSON.stringify(held)).not.toContain('secret');
  });
});

/** Everything that is stored of the room. */
const stored = async () => JSON.stringify([...(await vault.scan('entries')), ...(await vault.scan('annotations'))]);

describe('reading what is old', () => {
  it('C7 nothing stays of a message in an older page than its deletion, though the server did not erase it', async () => {
    const store = await RoomStore.open(deps, { ...record, cursor: 100 as Seq, first: 101 as Seq });
    for (const epoch of [3, 4, 5]) store.keys?.addOwn(generation, epoch as Epoch, contentKey);
    const pages = [
      [await entry(30, 4, { v: 1, type: 'delete', target })],
      [await entry(20, 4, { v: 1, type: 'edit', target, text: 'secret two' })],
      [await entry(10, 4, text('secret one')), await entry(11, 4, text('other words'))],
    ];
    for (const page of pages) {
      const stretch = await readBefore(deps, store.record, store.keys, page, await store.oldestEpoch());
      await store.saveOld(stretch, []);
      store.reachesBack(stretch.oldest);
    }
    expect(await stored()).not.toContain('secret');
    expect(await stored()).toContain('other words');
    const rows = await storedRows(deps, store.record, [], Number.MAX_SAFE_INTEGER, 50);
    expect(rows.map((row) => row.kind === 'message' && row.deleted)).toEqual([true, false]);
  });

  it('C7 nothing stays of a message that was taken back while it waited for history', async () => {
    const store = await RoomStore.open(deps, { ...record, cursor: 9 as Seq, first: 1 as Seq });
    await store.apply([
      await entry(10, 5, text('secret one')),
      await entry(11, 5, text('other words')),
      await entry(12, 5, { v: 1, type: 'delete', target }),
    ]);
    expect(store.record.waiting).toBe(3);
    store.keys?.addOwn(generation, 5 as Epoch, contentKey);
    const { keys: known } = store;
    if (known === null) throw new Error('a room without keys');
    await store.saveOld(await rereadWaiting(deps, store.record, known), []);
    expect(await stored()).not.toContain('secret');
    expect(await stored()).toContain('other words');
    expect(store.record).toMatchObject({ waiting: 0, unread: 0 });
  });

  it('L3 L4 what cannot be read yet does not make another message a forged one', async () => {
    // A device may sign that it spoke in an epoch whose key it never had.
    const unknown = crypto.getRandomValues(new Uint8Array(32));
    const claim = await entry(20, 5, text('no such key'), unknown);
    const page = [claim, await entry(21, 3, text('real one')), await entry(22, 4, text('real two'))];
    expect(await shown(page)).toEqual(['(other_branch)', 'real one', 'real two']);
  });

  it('L3 L4 what is read late has to fit to what was read before', async () => {
    const store = await RoomStore.open(deps, { ...record, cursor: 9 as Seq, first: 1 as Seq });
    const real = await entry(11, 5, text('pay 100'));
    const { keys: known } = store;
    if (known === null) throw new Error('a room without keys');
    await store.apply([real, { ...real, seq: 12 as Seq }].map((one) => ({ ...one, seq: (one.seq - 1) as Seq })));
    expect(store.record.waiting).toBe(2);
    known.addOwn(generation, 5 as Epoch, contentKey);
    await store.saveOld(await rereadWaiting(deps, store.record, known), []);
    await store.apply([{ ...real, seq: 12 as Seq }]);
    const rows = await storedRows(deps, store.record, [], Number.MAX_SAFE_INTEGER, 50);
    expect(rows.map((row) => (row.kind === 'message' ? row.text : row.kind === 'unreadable' && row.reason))).toEqual([
      'pay 100',
      'forged',
      'forged',
    ]);
  });

  it('C8 a flood of words on one message leaves a few in the vault', async () => {
    const store = await RoomStore.open(deps, { ...record, cursor: 9 as Seq, first: 1 as Seq });
    store.keys?.addOwn(generation, 5 as Epoch, contentKey);
    const flood = Array.from({ length: 60 }, (_, i) =>
      entry(11 + i, 5, { v: 1, type: 'react', target, emoji: String.fromCodePoint(0x1f400 + i), on: true }),
    );
    await store.apply([await entry(10, 5, text('hello')), ...(await Promise.all(flood.slice(0, 30)))]);
    await store.apply(await Promise.all(flood.slice(30)));
    expect(await vault.scan('annotations')).toHaveLength(reactionsPerAccount);
    const [row] = await storedRows(deps, store.record, [], Number.MAX_SAFE_INTEGER, 50);
    expect(row?.kind === 'message' && row.reactions).toHaveLength(reactionsPerAccount);
  });
});

describe('readBefore', () => {
  it('L3 L4 what a page repeats or moves to a later epoch is forged, and undoes nothing', async () => {
    const said = await entry(10, 3, text('pay 1000'));
    const first = await entry(11, 3, { v: 1, type: 'edit', target, text: 'pay 100' });
    const second = await entry(12, 4, { v: 1, type: 'edit', target, text: 'do not pay' });
    const yes = await entry(14, 5, text('yes'));
    const again = (seq: number, one: MessageEntry) => ({ ...one, seq: seq as Seq });
    expect(await shown([said, first, second, again(13, first), yes, again(15, yes), again(16, said)])).toEqual([
      'do not pay',
      '(forged)',
      'yes',
      '(forged)',
      '(forged)',
    ]);
  });

  it('L3 L4 nothing of what is held is repeated in an older page, and no later epoch stands in it', async () => {
    const held = await entry(40, 4, text('held'));
    const page = [await entry(20, 3, text('older')), { ...held, seq: 30 as Seq }, await entry(31, 5, text('moved'))];
    expect(await shown([held], page)).toEqual(['older', '(forged)', '(forged)', 'held']);
  });
});
