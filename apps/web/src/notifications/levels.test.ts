import { defaultPreferences, type Preferences, type RoomView } from '@undertone/client/view';
import { describe, expect, it } from 'vitest';
import { accountOf, message, roomOf } from '../testing/rows.ts';
import { badgeOf, badgeOfAll, isTold, levelOf, pageTitle } from './levels.ts';

const room = (n: number, kind: RoomView['kind'], unread = 0, unreadMentions = 0) =>
  ({ id: roomOf(n), kind, unread, unreadMentions }) as RoomView;
const me = accountOf(0);
const said = message(1, accountOf(1), 'Hello', 0);
const mentioning = message(2, accountOf(1), '@me', 0, { mentions: [me] });

describe('the level of a room', () => {
  it('is its own, else that of its kind', () => {
    const preferences: Preferences = { ...defaultPreferences, levels: { [roomOf(1)]: 'none' } };
    expect(levelOf(room(1, 'public'), preferences)).toBe('none');
    expect(levelOf(room(2, 'public'), preferences)).toBe('mentions');
    expect(levelOf(room(3, 'thread'), preferences)).toBe('all');
  });
});

describe('what is told', () => {
  it('follows the level', () => {
    expect([said, mentioning].map((one) => isTold(one, 'all', me))).toEqual([true, true]);
    expect([said, mentioning].map((one) => isTold(one, 'mentions', me))).toEqual([false, true]);
    expect([said, mentioning].map((one) => isTold(one, 'none', me))).toEqual([false, false]);
  });

  it('is never what one said oneself, or what was taken back', () => {
    expect(isTold(message(3, me, 'Mine', 0), 'all', me)).toBe(false);
    expect(isTold({ ...mentioning, deleted: true }, 'all', me)).toBe(false);
  });
});

describe('badges', () => {
  it('count what is told, and show that there is more', () => {
    expect(badgeOf(room(1, 'thread', 5, 1), 'all')).toEqual({ count: 5, more: false });
    expect(badgeOf(room(1, 'public', 5, 2), 'mentions')).toEqual({ count: 2, more: true });
    expect(badgeOf(room(1, 'public', 2, 2), 'mentions')).toEqual({ count: 2, more: false });
    expect(badgeOf(room(1, 'public', 5, 2), 'none')).toEqual({ count: 0, more: false });
  });

  it('of all rooms: threads and mentions by number, the rest as a dot, muted rooms not at all', () => {
    const preferences: Preferences = { ...defaultPreferences, levels: { [roomOf(4)]: 'none' } };
    const rooms = [room(1, 'public', 7, 1), room(2, 'thread', 2), room(3, 'public', 1), room(4, 'thread', 40, 40)];
    expect(badgeOfAll(rooms, preferences)).toEqual({ count: 3, more: true });
    expect(badgeOfAll([room(4, 'thread', 40, 40)], preferences)).toEqual({ count: 0, more: false });
  });
});

describe('the title', () => {
  it('begins with what waits', () => {
    expect(pageTitle('Lobby', { count: 3, more: true })).toBe('(3) Lobby · Undertone');
    expect(pageTitle('Lobby', { count: 0, more: true })).toBe('• Lobby · Undertone');
    expect(pageTitle('Lobby', { count: 0, more: false })).toBe('Lobby · Undertone');
    expect(pageTitle(null, { count: 0, more: false })).toBe('Undertone');
  });
});
