import {
  type ConnectionView,
  defaultPreferences,
  type PersonView,
  type Preferences,
  type PresenceState,
  type RoomView,
  type SessionView,
  type TimelineRow,
  type TransferView,
} from '@undertone/client/view';
import {
  type AccountId,
  type PresenceVisibility,
  type RoomId,
  type RoomListing,
  type Seq,
  slugFromName,
} from '@undertone/protocol';
import { chatter, seasoned, started } from './chatter.ts';
import { fakeDifference, fakeDoubt } from './identities.ts';
import { fakePeople } from './names.ts';
import { accountOf as account, me, roomOf as room } from './rows.ts';
import { offeredFiles, publicFiles, talk } from './showcase.ts';
import { strangeMembers, strangeRows } from './strange-rows.ts';

/** The fake core's server and storage in one. */
export interface World {
  session: SessionView;
  connection: ConnectionView;
  readonly rooms: Map<RoomId, { view: RoomView; rows: readonly TimelineRow[] }>;
  readonly people: Map<AccountId, PersonView>;
  readonly states: Map<AccountId, PresenceState>;
  readonly transfers: Map<string, TransferView>;
  preferences: Preferences;
  presence: PresenceVisibility;
}

const minute = 60_000;
/** Names that look like another's, as the core would find. */
const alike: ReadonlySet<string> = new Set(['francesca', 'noor', 'nоor_2', 'habiba', 'حبيبة']);

const view = (n: number, fields: Partial<RoomView>): RoomView => ({
  id: room(n),
  kind: 'public',
  slug: fields.name ? slugFromName(fields.name) : null,
  name: null,
  topic: '',
  policy: fields.kind === 'thread' ? 'sealed' : 'shared',
  members: [me],
  unread: 0,
  unreadMentions: 0,
  readSeq: 0 as Seq,
  lastMessage: null,
  lastActivityAt: started - n * 40 * minute,
  draft: '',
  pins: [],
  receipts: [],
  state: 'ready',
  doubts: [],
  differences: [],
  emptied: false,
  ...fields,
});

function peopleOf(large: boolean): Map<AccountId, PersonView> {
  const people = new Map<AccountId, PersonView>();
  const add = (n: number, username: string, displayName: string | null) => {
    const trust = n === 1 || n === 7 ? 'verified' : n === 4 ? 'changed' : 'known';
    people.set(account(n), { id: account(n), username, displayName, avatar: null, trust, alike: alike.has(username) });
  };
  add(0, 'you', 'Yuki Tanaka');
  for (const [i, [username, displayName]] of fakePeople.entries()) add(i + 1, username, displayName);
  if (large) for (let n = 100; n < 1_100; n++) add(n, `member${n}`, n % 3 ? `Member ${n}` : null);
  return people;
}

export function fakeWorld(large: boolean): World {
  const people = peopleOf(large);
  const everyone = [...people.keys()];
  const some = everyone.slice(0, 9);
  const rooms: World['rooms'] = new Map();
  const transfers = new Map<string, TransferView>();
  const put = (one: RoomView, rows: readonly TimelineRow[]) => {
    const last = rows.findLast((row) => row.kind === 'message');
    const readSeq = ((rows.at(-1)?.seq ?? rows.length) - one.unread) as Seq;
    const lastMessage = last
      ? { account: last.account, text: last.text, file: last.file?.name ?? null, at: last.at }
      : null;
    rooms.set(one.id, { view: { ...one, readSeq, lastMessage }, rows });
  };
  const pair = (n: number) => [me, account(n)];
  put(
    view(1, { name: 'lobby', topic: 'Everyone. Anything.', members: everyone }),
    seasoned(1, chatter(1, some, large ? 20_000 : 1_200, large ? 60 : 90), some),
  );
  put(
    view(2, {
      name: 'Release planning',
      topic: 'What goes out when, and who writes it up. Decisions are copied to the board on Fridays.',
      members: some,
      unread: 7,
      unreadMentions: 2,
    }),
    seasoned(2, chatter(2, some, 160, 60), some),
  );
  put(
    view(3, {
      name: 'A room with a name that goes on for the whole sixty-four characters',
      topic: '',
      members: some.slice(0, 3),
      unread: 128,
    }),
    chatter(3, some.slice(0, 3), 140, 200),
  );
  put(view(4, { name: 'Brand new', topic: 'Nobody has said anything yet', members: [me] }), []);
  put(
    view(5, { name: 'Strange things', topic: 'One of each', members: everyone.slice(0, 10) }),
    strangeRows(everyone, started),
  );
  put(view(6, { name: 'Entering', topic: 'Keys are on their way', members: some, state: 'entering' }), []);
  put(view(7, { name: 'repairing', topic: '', members: some, state: 'repairing' }), chatter(7, some, 12, 5));
  put(
    view(11, {
      kind: 'thread',
      members: pair(1),
      unread: 2,
      receipts: [{ account: account(1), delivered: 60 as Seq, read: 58 as Seq }],
    }),
    seasoned(11, chatter(11, pair(1), 60, 300), pair(1)),
  );
  put(
    view(12, { kind: 'thread', members: pair(4), doubts: [fakeDoubt(account(4), 'changed')] }),
    chatter(12, pair(4), 20, 30),
  );
  const group = [me, ...[1, 6, 8, 10, 16].map(account)];
  put(
    view(17, {
      kind: 'thread',
      members: group,
      doubts: [
        fakeDoubt(account(6), 'stranger'),
        fakeDoubt(account(8), 'forked'),
        fakeDoubt(account(10), 'needs_newer'),
        fakeDoubt(account(16), 'impostor'),
        fakeDoubt(account(1), 'missed'),
      ],
      differences: [fakeDifference(account(16), started - 22 * minute, started - 4 * minute)],
    }),
    [...chatter(17, group, 20, 30), ...strangeMembers(group, started)],
  );
  put(
    view(13, { kind: 'thread', members: everyone.slice(0, 7), draft: 'Half a sentence that was' }),
    chatter(13, everyone.slice(0, 7), 40, 500),
  );
  put(view(14, { kind: 'thread', members: pair(6) }), []);
  put(view(15, { kind: 'thread', members: [me] }), chatter(15, [me], 4, 30));
  const exhibits = [
    {
      one: view(8, {
        name: 'Talk',
        topic: 'Everything that can be done with a message',
        members: everyone.slice(0, 40),
      }),
      exhibit: talk(everyone, started),
    },
    {
      one: view(9, { name: 'Files', topic: 'Files of all sorts', members: some }),
      exhibit: publicFiles(room(9), everyone, started),
    },
    {
      one: view(16, { kind: 'thread', members: everyone.slice(0, 4), lastActivityAt: started }),
      exhibit: offeredFiles(room(16), everyone.slice(1, 4), started),
    },
  ];
  for (const { one, exhibit } of exhibits) {
    put({ ...one, pins: exhibit.pins, receipts: exhibit.receipts }, exhibit.rows);
    for (const transfer of exhibit.transfers) transfers.set(transfer.id, transfer);
  }
  return {
    session: { phase: 'ready', me: people.get(me) ?? null, problem: null },
    connection: { state: 'online', retryAt: null },
    rooms,
    people,
    states: new Map(everyone.map((one, i) => [one, i % 3 === 1 ? 'offline' : i % 6 === 3 ? 'away' : 'online'])),
    transfers,
    preferences: defaultPreferences,
    presence: 'everyone',
  };
}

let made = 100;
export const fakeRooms = {
  made: (name: string, topic: string): RoomView => {
    made += 1;
    return view(made, { name, topic, state: 'entering', lastActivityAt: Date.now() });
  },
  thread: (others: readonly AccountId[]): RoomView => {
    made += 1;
    return view(made, { kind: 'thread', members: [me, ...others], state: 'entering', lastActivityAt: Date.now() });
  },
};

const unjoined: readonly (readonly [string, string, number])[] = [
  ['Bicycles', 'Routes, repairs, and where yours was last seen', 34],
  [
    'Book club',
    'November: The Left Hand of Darkness. We meet on the last Sunday at seven, bring something to eat.',
    12,
  ],
  ['räume auf Deutsch', '', 3],
  ['Empty house', '', 0],
];

export function fakeDirectory(world: World): RoomListing[] {
  const joined = [...world.rooms.values()].filter(({ view: one }) => one.kind === 'public');
  const listings = joined.map(({ view: one }) => ({
    id: one.id,
    slug: one.slug ?? '',
    name: one.name ?? '',
    topic: one.topic,
    policy: one.policy,
    memberCount: one.members.length,
    joined: true,
  }));
  const known = new Set(listings.map((listing) => listing.slug));
  const others = unjoined.map(([name, topic, memberCount], i) => ({
    id: room(50 + i),
    slug: slugFromName(name),
    name,
    topic,
    policy: 'shared' as const,
    memberCount,
    joined: false,
  }));
  return [...listings, ...others.filter((listing) => !known.has(listing.slug))];
}
