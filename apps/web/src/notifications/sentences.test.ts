import { describe, expect, it } from 'vitest';
import { accountOf, file, message } from '../testing/rows.ts';
import { lineOf, notificationWords } from './sentences.ts';

const names = new Map([1, 2, 3, 4].map((n) => [accountOf(n), ['Ada', 'Bob', 'Chidi', 'Dara'][n - 1] ?? '']));
const nameOf = (account: ReturnType<typeof accountOf>) => names.get(account) ?? 'Someone';
const say = (n: number, text: string) => message(n, accountOf(n), text, 0);
const lobby = { title: 'Lobby', kind: 'public', onePerson: false, nameOf } as const;

describe('a notification', () => {
  it('of a room names who says what, one line each', () => {
    const words = notificationWords({ ...lobby, messages: [say(1, '**Hello**\nall'), say(2, 'Hi')] }, true);
    expect(words).toEqual({ title: '# Lobby', body: 'Ada: Hello all\nBob: Hi' });
  });

  it('of a thread of two has the name once, in the title', () => {
    const heard = { title: 'Ada', kind: 'thread', onePerson: true, nameOf, messages: [say(1, 'Hello')] } as const;
    expect(notificationWords(heard, true)).toEqual({ title: 'Ada', body: 'Hello' });
  });

  it('of more than three messages is one sentence', () => {
    const four = [1, 2, 1, 2].map((n) => say(n, 'x'));
    expect(notificationWords({ ...lobby, messages: four }, true).body).toBe('4 new messages from Ada and Bob');
    const many = [1, 2, 3, 4].map((n) => say(n, 'x'));
    expect(notificationWords({ ...lobby, messages: many }, true).body).toBe(
      '4 new messages from Ada, Bob, and 2 others',
    );
  });

  it('without content says neither who, nor where, nor what', () => {
    const words = notificationWords({ ...lobby, messages: [say(1, 'secret')] }, false);
    expect(words).toEqual({ title: 'Undertone', body: 'New message' });
  });
});

describe('a line', () => {
  it('of a file is its name, and its caption', () => {
    const invoice = file('invoice\u202efdp.exe', 'application/pdf', 10);
    expect(lineOf({ text: '', file: invoice })).toBe('File: invoicefdp.exe');
    expect(lineOf({ text: 'Look', file: invoice })).toBe('File: invoicefdp.exe – Look');
  });
});
