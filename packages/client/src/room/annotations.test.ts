import { type AccountId, type DeviceId, type EntryId, limits, type Seq } from '@undertone/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnnotationEffect, AnnotationRecord } from '../storage/records.ts';
import { messageRow } from '../testing/message-row.ts';
import type { MessageRow, UnreadableRow } from '../view/index.ts';
import { fold } from './annotations.ts';

const account = (name: string) => name as AccountId;
const target = { seq: 7 as Seq, device: 'ada' as DeviceId, id: 'i' as EntryId };

const row = messageRow(target.seq, 'one', { ...target, at: 70, account: account('ada') });

let seq = 100;
const by = (name: string, effect: AnnotationEffect, at = target, device = name): AnnotationRecord => {
  seq += 1;
  return { target: at, seq, at: seq * 10, account: account(name), device: device as DeviceId, effect };
};
const react = (name: string, emoji: string, on = true) => by(name, { kind: 'react', emoji, on });
const edit = (name: string, text: string) => by(name, { kind: 'edit', text, mentions: [] });
const shown = (...annotations: AnnotationRecord[]) => fold(row, annotations, 'me') as MessageRow;

describe('fold', () => {
  it('C8 an emoji counts once per account, and can be taken back', () => {
    const { reactions } = shown(react('bob', '👍'), react('bob', '👍'), react('eve', '👍'), react('bob', '🎉'));
    expect(reactions).toEqual([
      { emoji: '👍', accounts: ['bob', 'eve'] },
      { emoji: '🎉', accounts: ['bob'] },
    ]);
    expect(shown(react('bob', '👍'), react('bob', '👍', false)).reactions).toEqual([]);
  });

  it('C7 edits keep what was said before, and come from the same account only', () => {
    const first = edit('ada', 'two');
    const result = shown(first, edit('mallory', 'nonsense'), edit('ada', 'three'));
    expect(result.text).toBe('three');
    expect(result.earlier).toEqual([
      { text: 'one', at: 70 },
      { text: 'two', at: first.at },
    ]);
  });

  it('C7 a deletion by the same account leaves nothing of the message; by another nothing happens', () => {
    const gone = shown(react('bob', '👍'), edit('ada', 'two'), by('ada', { kind: 'delete' }), edit('ada', 'three'));
    expect(gone).toMatchObject({ deleted: true, text: '', reactions: [], earlier: [], mentions: [], file: null });
    expect(JSON.stringify(gone)).not.toMatch(/one|two|three/);
    expect(shown(by('mallory', { kind: 'delete' }))).toEqual(row);
  });

  it('C7 another device of the account neither edits nor takes back what was said', () => {
    const effects: AnnotationEffect[] = [{ kind: 'edit', text: 'two', mentions: [] }, { kind: 'delete' }];
    const theirs = { ...target, device: 'ghost' as DeviceId };
    for (const effect of effects) {
      expect(shown(by('ada', effect, target, 'ghost'))).toEqual({ ...row });
      expect(shown(by('ada', effect, theirs, 'ghost'))).toEqual({ ...row });
    }
  });

  it('C7 edits beyond those that a sender may make do not count', () => {
    const edits = Array.from({ length: 200 }, (_, i) => edit('ada', `${i}`));
    const { text, earlier } = shown(...edits);
    expect(earlier).toHaveLength(limits.editsPerMessage);
    expect(text).toBe(`${limits.editsPerMessage - 1}`);
  });

  it('C8 nobody crowds out the reactions of others, and what is no emoji is none', () => {
    const many = Array.from({ length: 40 }, (_, i) => react('mallory', String.fromCodePoint(0x1f400 + i)));
    const { reactions } = shown(react('mallory', 'junk'), react('mallory', '👍👍'), ...many, react('bob', '❤️'));
    expect(reactions).toHaveLength(17);
    expect(reactions.at(-1)).toEqual({ emoji: '❤️', accounts: ['bob'] });
  });

  it('C5 a target that is not quite this message has no effect', () => {
    const other = { ...target, id: 'j' as EntryId };
    expect(
      shown(by('ada', { kind: 'delete' }, other), by('bob', { kind: 'react', emoji: '👍', on: true }, other)),
    ).toEqual(row);
  });

  it('C7 an erased body is a tombstone where its own account took it back, and said to be erased elsewhere', () => {
    const erased: UnreadableRow = {
      kind: 'unreadable',
      key: 'entry/7',
      order: 7,
      seq: target.seq,
      at: 70,
      id: row.id,
      account: row.account,
      device: row.device,
      reason: 'erased',
    };
    expect(fold(erased, [by('ada', { kind: 'delete' })], 'me')).toMatchObject({ kind: 'message', deleted: true });
    expect(fold(erased, [by('mallory', { kind: 'delete' })], 'me')).toEqual(erased);
    expect(fold(erased, [by('ada', { kind: 'delete' }, target, 'ghost')], 'me')).toEqual(erased);
    expect(fold({ ...erased, reason: 'forged' }, [by('ada', { kind: 'delete' })], 'me')).toMatchObject({
      reason: 'forged',
    });
  });

  it('C7 C10 what was received stays so, the sender answers nothing, others may change their mind; captions are edited', () => {
    const file: MessageRow = {
      ...row,
      file: {
        blob: null,
        name: 'f',
        mediaType: '',
        bytes: 1,
        width: null,
        height: null,
        durationMs: null,
        thumbnail: null,
        answers: [],
        here: false,
      },
    };
    const answers = [
      by('bob', { kind: 'answer', answer: 'accepted' }),
      by('bob', { kind: 'answer', answer: 'received' }),
      by('bob', { kind: 'answer', answer: 'declined' }),
      by('ada', { kind: 'answer', answer: 'received' }),
    ];
    expect((fold(file, answers, 'me') as MessageRow).file?.answers).toEqual([{ account: 'bob', answer: 'received' }]);
    const change = [
      by('eve', { kind: 'answer', answer: 'declined' }),
      by('eve', { kind: 'answer', answer: 'accepted' }),
    ];
    expect((fold(file, change, 'me') as MessageRow).file?.answers).toEqual([{ account: 'eve', answer: 'accepted' }]);
    const caption = fold(file, [edit('ada', 'a new caption')], 'me') as MessageRow;
    expect(caption).toMatchObject({ text: 'a new caption', earlier: [{ text: 'one' }], file: { name: 'f' } });
    expect(shown(...answers).file).toBeNull();
  });

  it('hides for this person only what they hid', () => {
    expect(fold(row, [by('me', { kind: 'hide' })], 'me')).toBeNull();
  });

  it('C8 the reactions are those of the last word of each account on each emoji', () => {
    const word = fc.record({
      name: fc.constantFrom('a', 'b', 'c'),
      emoji: fc.constantFrom('👍', '🎉'),
      on: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 40 }), (words) => {
        const { reactions } = shown(...words.map(({ name, emoji, on }) => react(name, emoji, on)));
        for (const name of ['a', 'b', 'c']) {
          for (const emoji of ['👍', '🎉']) {
            const last = words.findLast((one) => one.name === name && one.emoji === emoji)?.on ?? false;
            const there = reactions.some((one) => one.emoji === emoji && one.accounts.includes(account(name)));
            expect(there).toBe(last);
          }
        }
      }),
    );
  });
});
