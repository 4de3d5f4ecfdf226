import type { Epoch, Generation, RoomId, Seq } from '@undertone/protocol';
import { type StoreName, Vault } from '@undertone/vault';
import { MemoryBackend } from '@undertone/vault/memory';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Evidence, encodeEvidence } from '../content/evidence.ts';
import { type ChainRecord, chainKey } from '../storage/records.ts';
import { messageAt } from '../testing/log-entries.ts';
import { EpochChain, keptEnds } from './epoch-chain.ts';

const room = '00000000-0000-4000-8000-00000000000a' as RoomId;
const store: StoreName = 'groups';
const ends = [4, 5].map((n) => new Uint8Array(32).fill(n));

const recordFrom = (start: number, fields: Partial<ChainRecord> = {}): ChainRecord => ({
  generation: 1 as Generation,
  epoch: start as Epoch,
  start: start as Seq,
  startedAt: 1_000,
  ends,
  ...fields,
});
const begin = (start: number, fields: Partial<ChainRecord> = {}) =>
  EpochChain.begin(recordFrom(start, fields), new Uint8Array(32).fill(start % 256));
const stretch = (from: number, count: number) => Array.from({ length: count }, (_, i) => messageAt(from + i));
const grown = (chain: EpochChain, count: number) => chain.extended(stretch(chain.head.seq + 1, count));

const evidenceOf = (chain: EpochChain, fields: Partial<Evidence> = {}): Evidence => ({
  ...chain.head,
  ...chain.past,
  keyHead: { index: 0, hash: new Uint8Array(32) },
  ...fields,
});

describe('the chain of an epoch', () => {
  let vault: Vault;
  beforeEach(async () => {
    vault = await Vault.open(new MemoryBackend());
  });

  const blocks = () => vault.keys(store);
  const save = async (before: EpochChain | null, after: EpochChain | null) => {
    const writes = EpochChain.writes(room, before, after);
    await vault.write(writes);
    return writes;
  };
  const reopen = (chain: EpochChain, cursor = chain.head.seq) => EpochChain.open(room, chain.record, cursor, vault);

  /** Whether two chains say and answer the same, wherever they are asked. */
  const expectSame = (a: EpochChain | null, b: EpochChain) => {
    expect(a?.head).toEqual(b.head);
    for (let seq = b.record.start; seq <= b.head.seq; seq = (seq + 1) as Seq) {
      const evidence = evidenceOf(b, { seq });
      expect(a?.compare(evidence, (b.head.seq + 1) as Seq)).toEqual(b.compare(evidence, (b.head.seq + 1) as Seq));
    }
  };

  it('E1 is the same whether entries come one by one or together', () => {
    const together = begin(3).extended(stretch(4, 300));
    const single = stretch(4, 300).reduce((chain, entry) => chain.extended([entry]), begin(3));
    expectSame(single, together);
  });

  it('is the same after it was stored, at every border of blocks', async () => {
    for (const start of [1, 126, 127, 128, 129]) {
      for (const count of [0, 1, 127, 128, 129, 256]) {
        const chain = grown(begin(start), count);
        await save(null, chain);
        expectSame(await reopen(chain), chain);
        await save(chain, null);
        expect(await blocks()).toEqual([]);
      }
    }
  });

  it('is the same after any steps, each of which writes no more than it changes', async () => {
    const Step = fc.oneof(
      fc.record({ kind: fc.constant('grow' as const), count: fc.integer({ min: 1, max: 300 }) }),
      fc.record({ kind: fc.constant('begin' as const), count: fc.integer({ min: 1, max: 200 }) }),
      fc.constant({ kind: 'reload' as const, count: 0 }),
      fc.constant({ kind: 'drop' as const, count: 0 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(Step, { maxLength: 25 }), async (steps) => {
        vault = await Vault.open(new MemoryBackend());
        let chain: EpochChain | null = begin(1);
        await save(null, chain);
        for (const { kind, count } of steps) {
          const before: EpochChain | null = chain;
          const seq = before?.head.seq ?? 0;
          if (kind === 'reload') chain = before && (await reopen(before));
          else if (kind === 'drop') chain = null;
          else if (kind === 'begin' || before === null) chain = begin(seq + count);
          else chain = grown(before, count);
          const writes = kind === 'reload' ? [] : await save(before, chain);
          if (kind === 'grow') expect(writes.filter(({ value }) => value).length).toBeLessThan(count / 128 + 2.01);
          if (chain === null) expect(await blocks()).toEqual([]);
          else expectSame(await reopen(chain), chain);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('E4 keeps a bounded stretch, in whole blocks, and writes just the last one', async () => {
    let chain = begin(1);
    await save(null, chain);
    for (let i = 0; i < 40; i++) {
      const next = grown(chain, 128);
      const writes = await save(chain, next);
      expect(writes.filter(({ value }) => value).length).toBe(2);
      chain = next;
    }
    expect((await blocks()).length).toBe(32);
    expectSame(await reopen(chain), chain);
    const [old, recent] = [200, 40 * 128 - 31 * 128] as Seq[];
    const after = (chain.head.seq + 1) as Seq;
    expect(chain.compare(evidenceOf(chain, { seq: old as Seq }), after)).toMatchObject({ present: 'unknown' });
    expect(chain.compare(evidenceOf(chain, { seq: recent as Seq }), after)).toMatchObject({ present: 'differs' });
  });

  it('is null where the first or a middle block is missing, and where blocks are those of another epoch', async () => {
    const chain = grown(begin(5), 400);
    for (const missing of [1, 2]) {
      await save(null, chain);
      await vault.write([{ store, key: chainKey(room, missing) }]);
      expect(await reopen(chain)).toBeNull();
    }
    await save(null, chain);
    expect(await EpochChain.open(room, recordFrom(9), chain.head.seq, vault)).toBeNull();
    expect(await EpochChain.open(room, chain.record, 300 as Seq, vault)).toBeNull();
    expect(await EpochChain.open(room, null, chain.head.seq, vault)).toBeNull();
    expect(await EpochChain.open(room, chain.record, null, vault)).toBeNull();
    await save(chain, null);
    expect(await reopen(chain)).toBeNull();
  });

  it('E4 compares at the place that is named', () => {
    const chain = grown(begin(3), 20);
    const then = grown(begin(3), 4);
    const none = new Uint8Array();
    const compare = (evidence: Evidence, seq = 24) => chain.compare(evidence, seq as Seq);
    expect(compare(evidenceOf(then))).toEqual({ present: 'agrees', past: 'agrees' });
    expect(compare(evidenceOf(then, { seq: 8 as Seq }))).toEqual({ present: 'differs', past: 'agrees' });
    expect(compare(evidenceOf(then, { hash: none.slice() }))).toEqual({ present: 'unknown', past: 'agrees' });
    expect(compare(evidenceOf(then, { seq: 0 as Seq, hash: none }))).toEqual({
      present: 'unknown',
      past: 'agrees',
    });
    expect(compare(evidenceOf(then, { epochs: 0, past: none }))).toEqual({ present: 'agrees', past: 'unknown' });
    expect(compare(evidenceOf(then, { past: new Uint8Array(32) }))).toEqual({
      present: 'agrees',
      past: 'differs',
    });
    const alone = grown(begin(3, { ends: [] }), 20);
    expect(alone.compare(evidenceOf(then), 24 as Seq)).toEqual({ present: 'agrees', past: 'unknown' });
  });

  it('E3 E4 compares the ends of as many epochs as the other followed, if it holds them; a difference in one of them shows', () => {
    const end = (n: number) => new Uint8Array(32).fill(n);
    const after = (...held: number[]) => grown(begin(30, { ends: held.map(end) }), 3);
    const past = (own: EpochChain, other: EpochChain) => {
      const compared = own.compare(evidenceOf(other), 40 as Seq);
      return compared === 'impossible' ? compared : compared.past;
    };
    expect(past(after(1, 2, 3), after(1, 2, 3))).toBe('agrees');
    expect([past(after(1, 2, 3), after(2, 3)), past(after(2, 3), after(1, 2, 3))]).toEqual(['agrees', 'unknown']);
    expect([past(after(1, 2, 3), after(1, 9, 3)), past(after(1, 2, 3), after(9, 2, 3))]).toEqual([
      'differs',
      'differs',
    ]);
    expect(past(after(1, 2, 3), after())).toBe('unknown');
  });

  it('E4 keeps the ends of so many epochs, and after a difference only that of the epoch in which it was found', () => {
    const many = begin(3, { ends: Array.from({ length: keptEnds }, (_, i) => new Uint8Array(32).fill(i)) });
    expect(many.ends).toHaveLength(keptEnds);
    expect(many.ends.at(-1)).toEqual(many.head.hash);
    expect(many.differing().ends).toEqual([many.head.hash]);
    expect(many.differing().head).toEqual(many.head);
  });

  it('E4 a place before the epoch, of the message itself or after it is impossible', () => {
    const chain = grown(begin(3), 20);
    for (const [seq, at] of [
      [2, 24],
      [24, 24],
      [25, 24],
      [10, 10],
    ] as [Seq, Seq][]) {
      expect(chain.compare(evidenceOf(chain, { seq }), at)).toBe('impossible');
    }
    expect(
      chain.compare(evidenceOf(chain, { seq: 3 as Seq, hash: new Uint8Array(32).fill(3) }), 4 as Seq),
    ).toMatchObject({
      present: 'agrees',
    });
    expect(encodeEvidence(evidenceOf(chain)).length).toBeLessThan(170);
  });
});
