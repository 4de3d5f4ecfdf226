import type { AccountId, Seq } from '@undertone/protocol';
import { describe, expect, it } from 'vitest';
import { reachOf, reachWords } from './receipts.ts';
import { summaryOf } from './summary.ts';

const [me, ada, bob, cleo] = ['me', 'ada', 'bob', 'cleo'] as AccountId[] as [
  AccountId,
  AccountId,
  AccountId,
  AccountId,
];
const receipt = (account: AccountId, delivered: number, read: number) => ({
  account,
  delivered: delivered as Seq,
  read: read as Seq,
});
const words = (members: AccountId[], receipts: ReturnType<typeof receipt>[]) =>
  reachWords(reachOf({ members, receipts }, 5 as Seq, me), (account) => account);

describe('what is said about a message of one’s own', () => {
  it.each([
    [[], 'Sent'],
    [[receipt(ada, 4, 4)], 'Sent'],
    [[receipt(ada, 5, 4)], 'Delivered'],
    [[receipt(ada, 6, 5)], 'Read'],
  ])('with one other %#', (receipts, expected) => {
    expect(words([me, ada], receipts)).toBe(expected);
  });

  it.each([
    [[receipt(ada, 5, 0)], 'Sent'],
    [[receipt(ada, 5, 0), receipt(bob, 9, 0), receipt(cleo, 5, 0)], 'Delivered'],
    [[receipt(bob, 9, 9)], 'Read by bob'],
    [[receipt(ada, 5, 5), receipt(bob, 9, 9)], 'Read by ada and bob'],
    [[receipt(ada, 5, 5), receipt(bob, 9, 9), receipt(cleo, 5, 5)], 'Read by everyone'],
  ])('with several others %#', (receipts, expected) => {
    expect(words([me, ada, bob, cleo], receipts)).toBe(expected);
  });

  it('says nothing more than sent where one is alone', () => {
    expect(words([me], [])).toBe('Sent');
  });
});

describe('summaryOf', () => {
  it('is one line, and names the file', () => {
    expect(summaryOf({ text: 'a\nb', file: null, deleted: false })).toBe('a b');
    expect(summaryOf({ text: '**a**\n\n- `b`\n- [c](https://x.example)', file: null, deleted: false })).toBe('a b c');
    expect(summaryOf({ text: '', file: 'x\u202e.png', deleted: false })).toBe('x\ufffd.png');
    expect(summaryOf({ text: 'look', file: 'x.png', deleted: false })).toBe('x.png: look');
    expect(summaryOf({ text: '', file: null, deleted: true })).toContain('deleted');
  });
});
