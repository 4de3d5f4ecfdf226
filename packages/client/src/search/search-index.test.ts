import type { Seq, TimestampMs } from '@undertone/protocol';
import { Vault } from '@undertone/vault';
import { MemoryBackend } from '@undertone/vault/memory';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { messageRow } from '../testing/message-row.ts';
import type { MessageRow, SearchQuery, TimelineRow } from '../view/index.ts';
import { SearchBlock } from './search-block.ts';
import { SearchIndex } from './search-index.ts';
import { bob, edited, fileNamed, lobby, MemoryRooms, me, thread } from './testing/memory-rooms.ts';
import { foundIn, wantedIn } from './words.ts';

let rooms: MemoryRooms;
let backend: MemoryBackend;
let vault: Vault;
let index: SearchIndex;

const range = (from: number, to: number): string[] =>
  Array.from({ length: from - to + 1 }, (_, i) => `word${from - i}`);

const texts = async (text: string, query: Partial<SearchQuery> = {}): Promise<string[]> =>
  (await index.search({ text, limit: 100, ...query })).hits.map(({ row }) => row.text);

beforeEach(async () => {
  rooms = new MemoryRooms();
  backend = new MemoryBackend();
  vault = await Vault.open(backend);
  index = new SearchIndex({ vault, ...rooms.deps });
});

describe('SearchIndex', () => {
  it('finds messages with all words, the last one by its beginning, the newest first', async () => {
    rooms.put(messageRow(1, 'The harbour is quiet tonight'));
    rooms.put(messageRow(2, 'a quiet harbor'));
    rooms.put(messageRow(3, 'Quiet harbours everywhere'));
    expect(await texts('quiet harbo')).toEqual([
      'Quiet harbours everywhere',
      'a quiet harbor',
      'The harbour is quiet tonight',
    ]);
    expect(await texts('harbo quiet')).toEqual([]);
    expect(await texts('QUIET harbour')).toHaveLength(2);
  });

  it('tells the words as they stand in the message', async () => {
    rooms.put(messageRow(1, 'Café **crème**, CAFE'));
    const { hits, total } = await index.search({ text: 'café crem', limit: 10 });
    expect(hits[0]?.terms).toEqual(['Café', 'crème', 'CAFE']);
    expect(total).toBe(1);
  });

  it.each([
    ['日本語の文章を検索する', '検索'],
    ['我们明天去北京', '北京'],
    ['Завтра ёлка', 'елка'],
    ['Grüße aus Köln', 'koln'],
    ['ｆｕｌｌ width', 'full'],
    ['İstanbul', 'istan'],
    ['한국어 검색', '검색'],
  ])('finds in %s: %s', async (text, query) => {
    rooms.put(messageRow(1, text));
    expect(await texts(query)).toEqual([text]);
  });

  it('filters by room, person, file and date, with words and without', async () => {
    rooms.put(messageRow(1, 'old plan', { account: me }));
    rooms.put(messageRow(2, '', { file: fileNamed('Harbour_plan-2.pdf') }));
    rooms.put(messageRow(3, 'new plan'));
    rooms.put(messageRow(4, 'thread plan'), thread);
    expect((await index.search({ text: 'plan', limit: 10 })).total).toBe(4);
    expect(await texts('plan', { room: thread })).toEqual(['thread plan']);
    expect(await texts('plan', { account: me })).toEqual(['old plan']);
    expect(await texts('', { account: me })).toEqual(['old plan']);
    const files = await index.search({ text: '', hasFile: true, limit: 10 });
    expect(files.hits.map(({ row }) => row.file?.name)).toEqual(['Harbour_plan-2.pdf']);
    expect((await index.search({ text: 'harbour pla', limit: 10 })).hits[0]?.terms).toEqual(['Harbour', 'plan']);
    expect(await texts('', { from: 3 as TimestampMs, to: 4 as TimestampMs })).toEqual(['new plan']);
  });

  it('finds nothing without words and filters, nor by signs', async () => {
    rooms.put(messageRow(1, '... ?!'));
    expect(await texts('')).toEqual([]);
    expect(await texts('?!', { account: bob })).toEqual([]);
  });

  it('knows a bounded number of words of a message, and what they weigh', async () => {
    const row = messageRow(1, Array.from({ length: 3_000 }, (_, i) => `w${i}`).join(' '));
    rooms.put(row);
    expect(await texts('w399')).toHaveLength(1);
    expect(await texts('w2999')).toHaveLength(0);
    const block = new SearchBlock(0, 0);
    block.put(row);
    block.put(messageRow(2, 'w1 w1 w2'));
    expect(block.weight).toBe(402);
    expect(SearchBlock.read(block.record(), 0)?.weight).toBe(402);
    block.put(messageRow(1, 'edited'));
    expect(block.weight).toBe(3);
  });

  it('gives the newest of many, and how many there are', async () => {
    for (let seq = 1; seq <= 2_500; seq++) rooms.put(messageRow(seq, `word ${seq}`));
    const { hits, total } = await index.search({ text: 'word', limit: 3 });
    expect(hits.map(({ row }) => row.seq)).toEqual([2_500, 2_499, 2_498]);
    expect(total).toBe(2_500);
  });

  it('follows new, edited, deleted, hidden and late rows', async () => {
    for (let seq = 1; seq <= 1_200; seq++) rooms.put(messageRow(seq, `word${seq} common`));
    expect(await texts('word7 ')).toHaveLength(100);
    const change = (row: TimelineRow) => index.changed({ room: lobby, rows: [rooms.put(row)], removed: [] });
    change(messageRow(1_201, 'a newcomer'));
    change(messageRow(7, 'changed', edited(5_000)));
    change(messageRow(8, '', { deleted: true }));
    rooms.remove(9);
    index.changed({ room: lobby, rows: [], removed: [{ key: 'entry/9', seq: 9 as Seq }] });
    expect(await texts('newcomer')).toEqual(['a newcomer']);
    expect(await texts('changed')).toEqual(['changed']);
    expect((await index.search({ text: 'common', limit: 1 })).total).toBe(1_197);
    for (const gone of [7, 8, 9]) expect(await texts(`word${gone} common`)).toEqual([]);
  });

  it('notices what changed while a block was made', async () => {
    rooms.put(messageRow(1, 'before'));
    const searching = index.search({ text: 'after', limit: 10 });
    await new Promise((resolve) => setTimeout(resolve));
    rooms.put(messageRow(1, 'after', edited(2)));
    index.changed({ room: lobby, rows: rooms.rows(lobby), removed: [] });
    expect((await searching).total + (await index.search({ text: 'after', limit: 10 })).total).toBeGreaterThan(0);
    expect(await texts('before')).toEqual([]);
  });

  it('stores finished blocks sealed, reads them instead of the rows, and drops one that changed', async () => {
    for (let seq = 1; seq <= 2_100; seq++) rooms.put(messageRow(seq, `treasure${seq}`));
    await texts('treasure1');
    await index.forget(thread);
    const keys = await backend.keys('searchBlocks', {});
    expect(keys).toEqual(['lobby/000000000000', 'lobby/000000000001']);
    for (const { key, value } of await backend.scan('searchBlocks', {})) {
      expect(key).not.toContain('treasure');
      const bytes = Buffer.from(value);
      for (const form of ['treasure', 'easure1', 'bob', 'entry/']) expect(bytes.includes(form), form).toBe(false);
    }

    index = new SearchIndex({ vault, ...rooms.deps });
    rooms.reads = 0;
    expect(await texts('treasure77 ', { limit: 1 })).toHaveLength(1);
    expect(rooms.reads).toBe(2);

    const fresh = new SearchIndex({ vault, ...rooms.deps });
    fresh.changed({ room: lobby, rows: [rooms.put(messageRow(5, 'other', edited(1)))], removed: [] });
    await fresh.forget(thread);
    expect(await backend.keys('searchBlocks', {})).toEqual(['lobby/000000000001']);
    await fresh.forget(lobby);
    expect(await backend.keys('searchBlocks', {})).toEqual([]);
  });

  it('keeps no words of an own row that was hidden, also where its block is only stored', async () => {
    const own = { key: 'device/id-8', own: true };
    for (let seq = 1; seq <= 1_100; seq++) rooms.put(messageRow(seq, 'treasure'));
    rooms.put(messageRow(8, 'unlucky', own));
    expect(await texts('unlucky')).toHaveLength(1);
    await index.forget(thread);
    expect(await backend.keys('searchBlocks', {})).toEqual(['lobby/000000000000']);

    const fresh = new SearchIndex({ vault, ...rooms.deps });
    rooms.remove(8);
    fresh.changed({ room: lobby, rows: [], removed: [{ key: own.key, seq: 8 as Seq }] });
    await fresh.forget(thread);
    expect(await backend.keys('searchBlocks', {})).toEqual([]);
    expect((await fresh.search({ text: 'unlucky', limit: 10 })).total).toBe(0);
  });

  it('leaves nothing in a vault that was wiped', async () => {
    for (let seq = 1; seq <= 1_001; seq++) rooms.put(messageRow(seq, 'treasure'));
    await texts('treasure');
    await index.forget(thread);
    expect(await backend.keys('searchBlocks', {})).toHaveLength(1);
    index.close();
    await vault.destroy();
    expect(await backend.keys('searchBlocks', {})).toEqual([]);
  });

  it('says how far back it reaches, and goes further', async () => {
    for (let seq = 1; seq <= 1_500; seq++) rooms.put(messageRow(seq, `word${seq}`));
    rooms.put(messageRow(2, 'in the thread'), thread);
    rooms.first.set(lobby, 1_050);
    const before = await index.search({ text: 'word3', limit: 1 });
    expect(before.coverage).toEqual({ since: 1_050, complete: false });
    expect((await index.search({ text: 'thread', room: thread, limit: 1 })).coverage).toEqual({
      since: 2,
      complete: true,
    });
    expect(await index.further([])).toEqual({ since: 50, complete: false });
    expect(await texts('word70', { limit: 1_000 })).toEqual(['word709', ...range(708, 700), 'word70']);
    expect(await index.further([lobby])).toEqual({ since: 1, complete: true });
    expect(await texts('word3 ', { limit: 1_000 })).toContain('word3');
  });
});

describe('SearchIndex, whatever happens', () => {
  const vocabulary = ['red', 'reed', 'Rêd', 'blue', 'bluebell', 'x1', '東京', '日本'];
  const text = fc.array(fc.constantFrom(...vocabulary), { maxLength: 4 }).map((words) => words.join(' '));
  const seq = fc.integer({ min: 1, max: 2_400 });
  const step = fc.oneof(
    fc.record({ do: fc.constant('say' as const), seq, text, account: fc.constantFrom(me, bob) }),
    fc.record({ do: fc.constant('edit' as const), seq, text }),
    fc.record({ do: fc.constant('delete' as const), seq }),
    fc.record({ do: fc.constant('hide' as const), seq }),
    fc.record({ do: fc.constant('search' as const), text }),
    fc.record({ do: fc.constant('restart' as const) }),
  );

  it('finds what a look at every message finds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const all = new MemoryRooms();
        const store = await Vault.open(new MemoryBackend());
        let search = new SearchIndex({ vault: store, ...all.deps });
        // Something at both ends, so that blocks in between are finished.
        for (const end of [1, 2_500]) all.put(messageRow(end, 'end'));
        let edits = 1;
        const at = (place: number) => all.rows(lobby).find((row) => row.seq === place) as MessageRow | undefined;
        const change = (row: TimelineRow) => search.changed({ room: lobby, rows: [all.put(row)], removed: [] });
        for (const one of steps) {
          const row = 'seq' in one ? at(one.seq) : undefined;
          if (one.do === 'say' && !row) change(messageRow(one.seq, one.text, { account: one.account }));
          else if (one.do === 'edit' && row && !row.deleted) {
            change({ ...row, text: one.text, editedAt: edits++ as TimestampMs });
          } else if (one.do === 'delete' && row) change({ ...row, text: '', deleted: true });
          else if (one.do === 'hide' && row) {
            all.remove(one.seq);
            search.changed({ room: lobby, rows: [], removed: [row] });
          } else if (one.do === 'restart') {
            // What was on its way to the vault arrives there.
            await search.forget(thread);
            search = new SearchIndex({ vault: store, ...all.deps });
          } else if (one.do === 'search') {
            const wanted = wantedIn(one.text);
            const page = await search.search({ text: one.text, limit: 1_000 });
            const expected = all
              .rows(lobby)
              .filter((row) => row.kind === 'message' && !row.deleted && wanted && foundIn(row.text, wanted))
              .map((row) => row.order)
              .sort((a, b) => b - a);
            expect(page.hits.map(({ row }) => row.order)).toEqual(expected);
            expect(page.total).toBe(expected.length);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});
