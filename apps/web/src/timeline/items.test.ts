import type { MemberRow, SecurityRow, TimelineRow } from '@undertone/client/view';
import type { AccountId, Seq } from '@undertone/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ada, bob, cleo, day, message, minute, noon, notice, unreadable } from '../testing/timeline-rows.ts';
import { itemsOf, type MemberPart, withMember, withNotice } from './items.ts';
import { mergeRows } from './merge.ts';
import {
  listNames,
  memberSentence,
  noticeSentence,
  securitySentence,
  spanWords,
  unreadableSentence,
} from './sentences.ts';
import { dayLabel, shortTime, writtenTime } from './times.ts';

const plain = { newAfter: null, more: false, presence: [] };
const shape = (rows: readonly TimelineRow[], options: Parameters<typeof itemsOf>[1] = plain) =>
  itemsOf(rows, options)
    .slice(0, -1)
    .map((item) => (item.kind === 'message' ? `${item.head ? 'head' : 'row'} ${item.key}` : item.kind));

describe('itemsOf', () => {
  it('groups messages of one sender within five minutes', () => {
    const rows = [
      message(1),
      message(2),
      message(3, { account: bob }),
      message(4, { account: bob, at: noon + 6 * minute }),
    ];
    expect(shape(rows)).toEqual(['top', 'day', 'head m1', 'row m2', 'head m3', 'head m4']);
  });

  it('separates days by local time', () => {
    expect(shape([message(1), message(2, { at: noon + day }), message(3, { at: noon + day + 1 })])).toEqual([
      'top',
      'day',
      'head m1',
      'day',
      'head m2',
      'row m3',
    ]);
  });

  it('a clock that went back makes no second separator', () => {
    expect(shape([message(1, { at: noon + day }), message(2, { at: noon })])).toEqual([
      'top',
      'day',
      'head m1',
      'row m2',
    ]);
  });

  it('draws the new line once, before the first unread message of someone else', () => {
    const rows = [message(1), message(2, { own: true, account: bob }), notice(3, cleo), message(4), message(5)];
    expect(shape(rows, { newAfter: 1 as Seq, more: false, presence: [] })).toEqual([
      'top',
      'day',
      'head m1',
      'head m2',
      'notices',
      'new',
      'head m4',
      'row m5',
    ]);
  });

  it('draws no new line where it belongs before what is loaded', () => {
    expect(shape([message(9), message(10)], { newAfter: 4 as Seq, more: true, presence: [] })).not.toContain('new');
  });

  it('coalesces notices between messages, and runs of unreadable rows of one reason', () => {
    const rows = [
      notice(1, ada),
      notice(2, bob),
      notice(3, cleo, 'left'),
      unreadable(4, 'waiting_for_history'),
      unreadable(5, 'waiting_for_history'),
      unreadable(6, 'forged'),
      unreadable(7, 'forged'),
    ];
    const items = itemsOf(rows, plain);
    expect(items.map((item) => item.kind)).toEqual([
      'top',
      'day',
      'notices',
      'unreadable',
      'unreadable',
      'unreadable',
      'bottom',
    ]);
    expect(items[2]).toMatchObject({
      parts: [
        { event: 'joined', accounts: [ada, bob] },
        { event: 'left', accounts: [cleo] },
      ],
    });
    expect(items[3]).toMatchObject({ rows: [{ seq: 4 }, { seq: 5 }] });
  });

  it('marks the newest own message that arrived', () => {
    const rows = [
      message(1, { own: true }),
      message(2, { own: true }),
      message(3, { own: true, delivery: 'sending', seq: null }),
    ];
    const marked = itemsOf(rows, plain).filter((item) => item.kind === 'message' && item.newestSent);
    expect(marked.map((item) => item.key)).toEqual(['m2']);
  });

  it('puts presence lines where they happened', () => {
    const presence = [{ key: 'p', at: noon, after: 1, accounts: [bob] }];
    expect(shape([message(1), message(2)], { newAfter: null, more: false, presence })).toEqual([
      'top',
      'day',
      'head m1',
      'presence',
      'head m2',
    ]);
  });

  it('keys are unique', () => {
    const rows = fc.array(
      fc.oneof(
        fc.nat(9).map((n) => message(n)),
        fc.nat(9).map((n) => notice(n, ada)),
        fc.nat(9).map((n) => unreadable(n, 'forged')),
      ),
    );
    fc.assert(
      fc.property(rows, (list) => {
        const keys = itemsOf(mergeRows([], { rows: list, removed: [] }, false), plain).map((item) => item.key);
        expect(new Set(keys).size).toBe(keys.length);
      }),
    );
  });
});

describe('notices', () => {
  it('an account stands once', () => {
    let parts = withNotice([], 'joined', ada);
    parts = withNotice(parts, 'left', ada);
    expect(parts).toEqual([{ event: 'came_and_went', accounts: [ada] }]);
    parts = withNotice(parts, 'joined', ada);
    expect(parts).toEqual([{ event: 'joined', accounts: [ada] }]);
  });

  it('sentences', () => {
    expect(listNames(['a'])).toBe('a');
    expect(listNames(['a', 'b'])).toBe('a and b');
    expect(listNames(['a', 'b', 'c'])).toBe('a, b and c');
    expect(noticeSentence('joined', ['a', 'b', 'c', 'd', 'e'])).toBe('a, b and 3 others joined');
    expect(noticeSentence('started_anew', ['Ada'])).toBe('Ada’s safety number changed');
    expect(noticeSentence('started_anew', ['Ada', 'Bob'])).toBe('Safety numbers changed: Ada and Bob');
  });
});

describe('changes of members', () => {
  const change = (event: MemberRow['event'], account: AccountId, by: AccountId | null = null) => ({
    event,
    account,
    by,
  });
  const partsOf = (...changes: ReturnType<typeof change>[]) => changes.reduce<readonly MemberPart[]>(withMember, []);

  it('R10 several whom one member added stand in one line', () => {
    expect(partsOf(change('added', bob, ada), change('added', cleo, ada))).toEqual([
      { event: 'added', by: ada, accounts: [bob, cleo] },
    ]);
    expect(partsOf(change('added', bob, ada), change('added', cleo, bob))).toHaveLength(2);
  });

  it('R10 nobody who was in for a moment is summed up', () => {
    // X comes in, adds Y, and Y removes X: all three are said.
    const parts = partsOf(change('entered', bob), change('added', cleo, bob), change('removed', bob, cleo));
    expect(parts.map(({ event }) => event)).toEqual(['entered', 'added', 'removed']);
    expect(partsOf(change('added', bob, ada), change('removed', bob, ada), change('added', bob, ada))).toHaveLength(3);
  });

  it('stand between messages, and belong to no notice of the server', () => {
    const member = (seq: number): MemberRow => ({
      kind: 'member',
      key: `c${seq}`,
      order: seq,
      seq: seq as Seq,
      at: noon,
      ...change('added', bob, ada),
    });
    expect(shape([notice(1, bob), member(2), member(3), message(4)])).toEqual([
      'top',
      'day',
      'notices',
      'members',
      'head m4',
    ]);
  });

  it.each([
    ['added', ['Bob'], 'Ada', 'Ada added Bob'],
    ['added', ['Bob', 'You'], 'Ada', 'Ada added Bob and you'],
    ['added', ['You'], null, 'You were added'],
    ['removed', ['Bob'], 'You', 'You removed Bob'],
    ['removed', ['Bob'], null, 'Bob was removed'],
    ['entered', ['Bob'], null, 'Bob came in without being added'],
    ['left', ['Bob', 'Cleo'], null, 'Bob and Cleo left'],
  ] as const)('%s %j by %s: %s', (event, names, by, sentence) => {
    expect(memberSentence(event, names, by)).toBe(sentence);
  });
});

describe('what went wrong', () => {
  const security = (event: SecurityRow['event'], name?: string) =>
    securitySentence({ event, from: noon, to: noon + 18 * minute }, name, noon);

  it('names who did it, where one did', () => {
    expect(security('keys_refused', 'Ada')).toContain('Ada tried');
    expect(security('keys_refused')).not.toContain('undefined');
    expect(security('last_resort', 'Ada')).toContain('Ada was added');
  });

  it('E5 says between which times', () => {
    expect(security('different_log', 'Ada')).toBe(
      `Ada’s device and yours received different messages between ${shortTime(noon)} and ${shortTime(noon + 18 * minute)}. The server may be at fault.`,
    );
    expect(spanWords(noon, noon + 1_000, noon)).toBe(`around ${shortTime(noon)}`);
    expect(spanWords(noon - day, noon, noon)).toContain('(Yesterday)');
  });

  it('E5 a message of another branch says so, one by one', () => {
    expect(unreadableSentence('other_branch', 'Ada', 1)).toContain('other keys than yours');
    expect(shape([unreadable(1, 'other_branch'), unreadable(2, 'other_branch')])).toHaveLength(4);
  });
});

describe('a message of an identity that only the server vouches for', () => {
  it('I8 does not stand under the name of the person’s own, nor do theirs under its name', () => {
    expect(shape([message(1), message(2, { former: true }), message(3, { former: true }), message(4)])).toEqual([
      'top',
      'day',
      'head m1',
      'head m2',
      'row m3',
      'head m4',
    ]);
  });
});

describe('a message with a time of its own', () => {
  it('stands under its sender’s name, where there is room for both times', () => {
    expect(shape([message(1), message(2), message(3, { writtenAt: noon - 60 * minute })])).toEqual([
      'top',
      'day',
      'head m1',
      'row m2',
      'head m3',
    ]);
  });

  it('has the day only where it is another one', () => {
    expect(writtenTime(noon - 60 * minute, noon)).toBe(shortTime(noon - 60 * minute));
    const [before, year] = [noon - day, noon - 400 * day].map((at) => writtenTime(at, noon));
    expect(before).toMatch(/2.*, /);
    expect(before).not.toContain('2025');
    expect(year).toContain('2024');
  });
});

describe('dayLabel', () => {
  it('names near days and gives the year of far ones', () => {
    expect(dayLabel(noon, noon)).toBe('Today');
    expect(dayLabel(noon - day, noon)).toBe('Yesterday');
    expect(dayLabel(noon - 400 * day, noon)).toContain('2024');
  });
});
