import type { DifferenceView, DoubtView, RoomView } from '@undertone/client/view';
import type { AccountId, DeviceId, RoomId, Seq } from '@undertone/protocol';
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
  doubts: [],
  differences: [],
  emptied: false,
};

const doubt = (reason: DoubtView['reason']): DoubtView => ({ account: 'a' as AccountId, reason, root: 'r', head: 'h' });
const difference: DifferenceView = {
  key: 'd',
  account: 'a' as AccountId,
  device: 'd' as DeviceId,
  from: 0,
  to: 1,
};

describe('blockedReason', () => {
  it('says what stands in the way', () => {
    expect(blockedReason(room, () => 'Ada')).toBeUndefined();
    expect(blockedReason({ ...room, state: 'entering' }, () => 'Ada')).toContain('keys');
    expect(blockedReason({ ...room, state: 'repairing' }, () => 'Ada')).toContain('Restoring');
  });

  it.each([
    ['changed', 'Ada’s safety number changed.'],
    ['stranger', 'Ada came in without being added.'],
    ['missed', 'You may have missed that Ada was removed.'],
    ['impostor', 'Someone else is using Ada’s name here.'],
    ['forked', 'The server showed two different versions of Ada’s keys.'],
    ['needs_newer', 'Ada uses a newer version of Undertone.'],
  ] as const)('V3, K5, K12 a thread with a doubt (%s) sends nothing', (reason, sentence) => {
    expect(blockedReason({ ...room, doubts: [doubt(reason)] }, () => 'Ada')).toContain(sentence);
  });

  it('E5 a thread with a difference sends nothing', () => {
    expect(blockedReason({ ...room, differences: [difference] }, () => 'Ada')).toContain('different messages');
  });

  it('I5, E5 doubts and differences block threads only', () => {
    const open = { ...room, kind: 'public' as const, doubts: [doubt('changed')], differences: [difference] };
    expect(blockedReason(open, () => 'Ada')).toBeUndefined();
  });

  it('a thread that one is no longer in says that first', () => {
    expect(blockedReason({ ...room, state: 'gone', doubts: [doubt('changed')] }, () => 'Ada')).toContain(
      'took you out',
    );
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
