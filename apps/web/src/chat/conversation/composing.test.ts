import type { RoomView } from '@undertone/client/view';
import type { AccountId, RoomId, Seq } from '@undertone/protocol';
import { describe, expect, it, vi } from 'vitest';
import { blockedReason, lengthOf } from './composing.ts';
import { DraftKeeper } from './draft.ts';

const room: RoomView = {
  id: 'r' as RoomId,
  kind: 'thread',
  slug: null,
  name: null,
  topic: '',
  policy: 'sealed',
  members: [],
  unread: 0,
  unreadMentions: 0,
  readSeq: 0 as Seq,
  lastMessage: null,
  lastActivityAt: 0,
  draft: '',
  pins: [],
  receipts: [],
  state: 'ready',
  changedIdentities: [],
  emptied: false,
};

describe('blockedReason', () => {
  it('says what stands in the way', () => {
    expect(blockedReason(room, () => 'Ada')).toBeUndefined();
    expect(blockedReason({ ...room, state: 'entering' }, () => 'Ada')).toContain('keys');
    expect(blockedReason({ ...room, changedIdentities: ['a' as AccountId] }, () => 'Ada')).toContain('Ada');
  });

  it('a changed identity blocks threads only (SPEC I5)', () => {
    const open = { ...room, kind: 'public' as const, changedIdentities: ['a' as AccountId] };
    expect(blockedReason(open, () => 'Ada')).toBeUndefined();
  });
});

describe('lengthOf', () => {
  it.each([
    ['', 'fine'],
    ['a'.repeat(13_000), 'fine'],
    ['a'.repeat(14_000), 'near'],
    ['a'.repeat(16_384), 'near'],
    ['a'.repeat(16_385), 'over'],
    ['€'.repeat(5_461), 'near'],
    ['€'.repeat(5_462), 'over'],
  ] as const)('%#', (text, state) => {
    expect(lengthOf(text).state).toBe(state);
  });
});

describe('DraftKeeper', () => {
  it('saves once after a pause, at once on flush, and nothing that is saved already', async () => {
    vi.useFakeTimers();
    const saveDraft = vi.fn(async () => undefined);
    const keeper = new DraftKeeper({ saveDraft }, room.id, 'old');
    keeper.flush();
    expect(saveDraft).not.toHaveBeenCalled();
    keeper.change('a');
    keeper.change('ab');
    vi.runAllTimers();
    expect(saveDraft.mock.calls).toEqual([['r', 'ab']]);
    keeper.change('abc');
    keeper.flush();
    vi.runAllTimers();
    expect(saveDraft.mock.calls).toEqual([
      ['r', 'ab'],
      ['r', 'abc'],
    ]);
    vi.useRealTimers();
  });
});
