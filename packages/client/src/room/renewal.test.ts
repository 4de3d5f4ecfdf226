import { limits, type Seq } from '@undertone/protocol';
import { describe, expect, it } from 'vitest';
import type { RoomRecord } from '../storage/records.ts';
import { renewalAt } from './renewal.ts';

const { renewAfterEntries, renewAfterMs } = limits;
const now = 1_790_000_000_000;

interface Case {
  readonly policy?: 'sealed' | 'shared';
  readonly inGroup?: boolean;
  readonly cursor?: number;
  readonly renewed?: { readonly at: number; readonly seq: number } | null;
  readonly heard?: number;
  readonly said?: number;
}

const due = ({ policy = 'sealed', inGroup = true, cursor = 10, renewed, heard = 0, said = 0 }: Case): boolean => {
  const record = {
    room: { policy },
    group: inGroup ? { generation: 1, epoch: 1 } : null,
    cursor: cursor as Seq,
    renewed: renewed === undefined ? { at: now, seq: 5 } : renewed,
    heardSeq: heard,
    lastMessage: said === 0 ? null : { seq: said },
  } as unknown as RoomRecord;
  const at = renewalAt(record);
  return at !== null && at <= now;
};

const aDayAgo = { at: now - renewAfterMs, seq: 5 };

describe('a renewal of keys', () => {
  it.each<[string, Case, boolean]>([
    ['just after one', { heard: 7 }, false],
    ['where it is not known when the last one was', { renewed: null }, true],
    ['a day after, where something was heard since', { renewed: aDayAgo, heard: 6 }, true],
    ['a day after, where something was said since', { renewed: aDayAgo, said: 6 }, true],
    ['a day after, where nothing was', { renewed: aDayAgo, heard: 5, said: 5, cursor: 9 }, false],
    ['less than a day after', { renewed: { at: aDayAgo.at + 1, seq: 5 }, heard: 6 }, false],
    ['after so many entries', { cursor: 5 + renewAfterEntries, heard: 6 }, true],
    ['after one less', { cursor: 4 + renewAfterEntries, heard: 6 }, false],
    ['after so many receipts and renewals of others', { cursor: 500, heard: 5, said: 5, renewed: aDayAgo }, false],
    ['in a shared room', { policy: 'shared', renewed: null }, false],
    ['outside of the group', { inGroup: false, renewed: null }, false],
  ])('R16 %s: is it due?', (_, given, expected) => {
    expect(due(given)).toBe(expected);
  });
});
