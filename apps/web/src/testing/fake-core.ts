import type { Core, MessageRow, RoomView } from '@undertone/client/view';
import type { AccountId, RoomId } from '@undertone/protocol';
import { FakeContext } from './fake-context.ts';
import { fileCalls } from './file-calls.ts';
import { lockCalls } from './lock-calls.ts';
import { messageCalls } from './message-calls.ts';
import { peopleCalls } from './people-calls.ts';
import { roomCalls } from './room-calls.ts';
import { me } from './rows.ts';
import { sessionCalls } from './session-calls.ts';

/** The core, and what tests let happen to it. */
interface FakeCore extends Core {
  /** Someone says something now. */
  say(room: RoomView, account: AccountId, text: string, fields?: Partial<MessageRow>): void;
  /** Someone types now. */
  type(room: RoomId, account: AccountId): void;
  /** The account has another identity from now on. */
  changeIdentity(account: AccountId): void;
}

/**
 * A core in memory, for dev mode and screen tests: `?fake=<scenario>`. Scenarios: a session phase (`no_keys` …), `offline`,
 * `connecting`, `empty`, `large`, `failing` (every call fails), `slow` (calls take two seconds), else the lively default.
 */
export function fakeCore(query: URLSearchParams): Core {
  const core = createFakeCore(query.get('fake') ?? '');
  (globalThis as { fakeCore?: FakeCore }).fakeCore = core;
  return core;
}

export function createFakeCore(scenario: string): FakeCore {
  const context = new FakeContext(scenario);
  const { live, identities } = context;
  return {
    ...sessionCalls(context),
    ...lockCalls(context),
    ...messageCalls(context),
    ...fileCalls(context),
    ...roomCalls(context),
    ...peopleCalls(context),
    subscribe: (listener) => context.subscribe(listener),
    say: (room, account, text, fields = {}) => {
      const row = live.newRow(room.id, account, text, 'sent', fields);
      live.put(room.id, row);
      live.changeRoom(room.id, {
        unread: room.unread + 1,
        unreadMentions: room.unreadMentions + Number(row.mentions.includes(me)),
        lastActivityAt: row.at,
        lastMessage: { account, text, file: row.file?.name ?? null, at: row.at },
      });
      context.emit({ type: 'arrived', room: room.id, messages: [row] });
    },
    type: (room, account) => context.emit({ type: 'typing', room, account }),
    changeIdentity: (account) => {
      identities.change(account);
      live.changePerson(account, { trust: 'changed' });
    },
  };
}
