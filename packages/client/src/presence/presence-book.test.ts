import { type AccountId, limits, ProtocolError, type ServerFrame } from '@undertone/protocol';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { SocketRequest } from '../socket/socket-client.ts';
import type { PresenceChange, PresenceState } from '../view/core.ts';
import { PresenceBook, viewLeaseMs } from './presence-book.ts';

const [alice, bob, carol] = ['alice', 'bob', 'carol'] as AccountId[] as [AccountId, AccountId, AccountId];

let book: PresenceBook;
let isOnline: boolean;
/** Of those asked for, who is online. */
let online: AccountId[];
const asked: (readonly AccountId[])[] = [];
const shown: Record<string, PresenceState> = {};
let refusal: Error | undefined;

async function request(frame: SocketRequest): Promise<ServerFrame> {
  if (frame.type !== 'watch') throw new Error(`asked for ${frame.type}`);
  asked.push(frame.accounts);
  if (refusal) throw refusal;
  return {
    type: 'watching',
    ref: 0,
    online: online.filter((one) => frame.accounts.includes(one)),
    away: [],
    unknown: [],
  };
}

const push = (part: Partial<PresenceChange>) =>
  book.pushed({ type: 'presence', online: [], away: [], offline: [], unknown: [], ...structuredClone(part) } as never);

const settle = () => vi.advanceTimersByTimeAsync(1_000 / limits.watchPerSecond);

beforeEach(() => {
  vi.useFakeTimers();
  [isOnline, online, refusal] = [true, [alice], undefined];
  asked.length = 0;
  for (const account of Object.keys(shown)) delete shown[account];
  book = new PresenceBook({
    request,
    isOnline: () => isOnline,
    changed: (change) => {
      for (const [state, accounts] of Object.entries(change)) {
        for (const account of accounts) shown[account] = state as PresenceState;
      }
    },
  });
});
afterEach(() => {
  book.close();
  vi.useRealTimers();
});

it('P3 asks for what the views want together, and tells their states', async () => {
  book.watch('one', [alice]);
  book.watch('two', [bob, alice]);
  await settle();
  expect(asked).toEqual([[alice], [alice, bob]]);
  expect(shown).toEqual({ alice: 'online', bob: 'offline' });
  push({ away: [bob] });
  expect(new Map(book.all())).toEqual(
    new Map([
      [alice, 'online'],
      [bob, 'away'],
    ]),
  );
});

it('P3 the same accounts are not asked for again, and frames keep their distance', async () => {
  book.watch('one', [alice]);
  book.watch('one', [bob]);
  book.watch('one', [carol]);
  await vi.advanceTimersByTimeAsync(1);
  expect(asked).toEqual([[alice]]);
  await settle();
  expect(asked).toEqual([[alice], [carol]]);
  book.watch('one', [carol]);
  await settle();
  expect(asked).toHaveLength(2);
});

it('P3 nothing is known of those whom nobody shows any more, whatever is told late', async () => {
  book.watch('one', [alice, bob]);
  await settle();
  book.watch('one', [bob]);
  expect(shown).toEqual({ alice: 'unknown', bob: 'offline' });
  push({ online: [alice] });
  expect(book.all()).toEqual([[bob, 'offline']]);
});

it('P3 unknown is told as such', async () => {
  book.watch('one', [alice]);
  await settle();
  push({ unknown: [alice] });
  expect(shown).toEqual({ alice: 'unknown' });
  expect(book.all()).toEqual([]);
});

it('asks anew on a new connection, and shows until then what was known', async () => {
  book.watch('one', [alice]);
  await settle();
  isOnline = false;
  book.watch('one', [alice, bob]);
  expect(shown).toEqual({ alice: 'online' });
  [isOnline, online] = [true, [bob]];
  book.connected();
  await settle();
  expect(asked).toEqual([[alice], [alice, bob]]);
  expect(shown).toEqual({ alice: 'offline', bob: 'online' });
});

it('tries again when the server says so', async () => {
  refusal = new ProtocolError('rate_limited', { retryAfterMs: 3_000 });
  book.watch('one', [alice]);
  await vi.advanceTimersByTimeAsync(2_999);
  expect(asked).toHaveLength(1);
  refusal = undefined;
  await vi.advanceTimersByTimeAsync(1);
  expect(asked).toHaveLength(2);
  expect(shown).toEqual({ alice: 'online' });
});

it('a view that is silent for too long counts no more', async () => {
  book.watch('closed', [alice]);
  await settle();
  await vi.advanceTimersByTimeAsync(viewLeaseMs);
  book.watch('open', [bob]);
  await settle();
  expect(asked).toEqual([[alice], [bob]]);
});

it('serves every view where together they want too many', async () => {
  const many = Array.from({ length: limits.watchedAccounts }, (_, i) => `crowd ${i}` as AccountId);
  book.watch('crowd', many);
  await settle();
  book.watch('small', [alice, bob]);
  await settle();
  expect(asked.at(-1)).toHaveLength(limits.watchedAccounts);
  expect(asked.at(-1)).toEqual(expect.arrayContaining([alice, bob, many[0]]));
});
