import {
  type Core,
  type CoreCalls,
  CoreError,
  type CoreEvent,
  type LockState,
  type MessageRow,
  type PersonView,
  type RoomView,
  type SessionPhase,
} from '@undertone/client/view';
import { type AccountId, limits, type RoomId, slugFromName } from '@undertone/protocol';
import { FakeFiles } from './fake-files.ts';
import { FakeSearch } from './fake-search.ts';
import { FakeIdentities } from './identities.ts';
import { LiveWorld, later } from './live-world.ts';
import { changedByDelete, changedByEdit, changedByPin, changedByReaction } from './message-changes.ts';
import { me, memberChange, notice, quoteOf } from './rows.ts';
import { seenAgo } from './showcase.ts';
import { fakeDirectory, fakeRooms, fakeWorld, type World } from './world.ts';

const utf8 = (text: string) => new TextEncoder().encode(text).length;

/**
 * A core in memory, for dev mode and screen tests: `?fake=<scenario>`. Scenarios: a session phase (`no_keys` …), `offline`,
 * `connecting`, `empty`, `large`, `failing` (every call fails), `slow` (calls take two seconds), else the lively default.
 */
export function fakeCore(query: URLSearchParams): Core {
  const core = new FakeCore(query.get('fake') ?? '');
  (globalThis as { fakeCore?: FakeCore }).fakeCore = core;
  return core;
}

const phases: readonly string[] = [
  'locked',
  'signed_out',
  'opening',
  'no_keys',
  'keys_lost',
  'replaced',
  'unsupported',
];

export class FakeCore implements Core {
  readonly world: World;
  readonly #scenario: string;
  #listeners = new Set<(event: CoreEvent) => void>();
  readonly #live: LiveWorld;
  readonly #files: FakeFiles;
  readonly #search: FakeSearch;
  readonly #identities: FakeIdentities;

  constructor(scenario: string) {
    this.#scenario = scenario;
    this.world = fakeWorld(scenario === 'large');
    if (scenario === 'empty') this.world.rooms.clear();
    if (phases.includes(scenario)) this.#setPhase(scenario as SessionPhase);
    if (scenario === 'offline') this.world.connection = { state: 'offline', retryAt: Date.now() + 24_000 };
    if (scenario === 'connecting') this.world.connection = { state: 'connecting', retryAt: null };
    this.#live = new LiveWorld(this.world, (event) => this.emit(event));
    this.#files = new FakeFiles({
      transfers: this.world.transfers,
      emit: (event) => this.emit(event),
      row: (room, id) => this.#live.message(room, id),
      put: (room, row) => this.#live.put(room, row),
      remove: (room, row) => this.#live.remove(room, row),
    });
    this.#search = new FakeSearch(this.world);
    this.#identities = new FakeIdentities(this.world.people);
  }

  subscribe(listener: (event: CoreEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** For tests: somebody says something now. */
  say(room: RoomView, account: AccountId, text: string, fields: Partial<MessageRow> = {}): void {
    const row = this.#live.newRow(room.id, account, text, 'sent', fields);
    this.#live.put(room.id, row);
    this.#live.changeRoom(room.id, {
      unread: room.unread + 1,
      unreadMentions: room.unreadMentions + Number(row.mentions.includes(me)),
      lastActivityAt: row.at,
      lastMessage: { account, text, file: row.file?.name ?? null, at: row.at },
    });
    this.emit({ type: 'arrived', room: room.id, messages: [row] });
  }

  /** For tests: somebody types now. */
  type(room: RoomId, account: AccountId): void {
    this.emit({ type: 'typing', room, account });
  }

  emit(event: CoreEvent): void {
    for (const listener of this.#listeners) listener(structuredClone(event));
  }

  readonly snapshot: CoreCalls['snapshot'] = async () => {
    const { session, connection, rooms, people, states, transfers, preferences } = this.world;
    return structuredClone({
      session,
      connection,
      rooms: [...rooms.values()].map((room) => room.view),
      people: [...people.values()],
      presence: [...states],
      transfers: [...transfers.values()],
      preferences,
    });
  };

  readonly sessionChanged = async () => {
    this.#setPhase('ready');
    this.emit({ type: 'session', session: this.world.session });
  };
  readonly startAnew = async () => {
    await this.#work(800);
    await this.sessionChanged();
  };
  readonly signOut = async () => {
    await this.#work(300);
    this.world.session = { phase: 'signed_out', me: null, problem: null };
    this.emit({ type: 'session', session: this.world.session });
  };

  #lock: LockState & { readonly passphrase: string } = {
    on: false,
    idleMinutes: null,
    signingKeyWrapped: true,
    passphrase: 'open sesame',
  };

  readonly lockState: CoreCalls['lockState'] = async () => {
    await this.#work(40);
    const { passphrase: _, ...lock } = this.#lock;
    return lock;
  };
  readonly setLock: CoreCalls['setLock'] = async ({ passphrase, idleMinutes }) => {
    await this.#work(900);
    this.#lock = { ...this.#lock, on: true, passphrase, idleMinutes };
  };
  readonly setLockIdle: CoreCalls['setLockIdle'] = async (idleMinutes) => {
    this.#lock = { ...this.#lock, idleMinutes };
  };
  readonly changeLock: CoreCalls['changeLock'] = async ({ passphrase, next }) => {
    await this.unlock(passphrase);
    this.#lock = { ...this.#lock, passphrase: next };
  };
  readonly removeLock: CoreCalls['removeLock'] = async (passphrase) => {
    await this.unlock(passphrase);
    this.#lock = { ...this.#lock, on: false };
  };
  readonly lockNow: CoreCalls['lockNow'] = async () => this.#showPhase('locked');
  readonly unlock: CoreCalls['unlock'] = async (passphrase) => {
    await this.#work(700);
    if (passphrase !== this.#lock.passphrase) {
      throw new CoreError({ code: 'wrong_passphrase', message: 'That passphrase isn’t right.' });
    }
    this.#showPhase('ready');
  };

  #showPhase(phase: SessionPhase): void {
    this.#setPhase(phase);
    this.emit({ type: 'session', session: this.world.session });
  }

  readonly openTimeline: CoreCalls['openTimeline'] = async (room, limit) => {
    await this.#work(30);
    this.#live.open(room);
    const rows = this.#live.rows(room);
    return structuredClone({ rows: rows.slice(-limit), more: rows.length > limit });
  };
  readonly olderRows: CoreCalls['olderRows'] = async (room, order, limit) => {
    await this.#work(150);
    const before = this.#live.rows(room).filter((row) => row.order < order);
    return structuredClone({ rows: before.slice(-limit), more: before.length > limit });
  };
  readonly markRead: CoreCalls['markRead'] = async (room, seq) => {
    this.#live.changeRoom(room, { readSeq: seq, unread: 0, unreadMentions: 0 });
  };
  readonly sendText: CoreCalls['sendText'] = async (room, { id, text, reply, mentions = [] }) => {
    await this.#work(0);
    if (utf8(text) > limits.messageTextMaxBytes)
      throw new CoreError({ code: 'too_long', message: 'That is too long.' });
    const answered = reply && this.#live.message(room, reply.id);
    const quote = reply && (answered ? quoteOf(answered) : { target: reply, quoted: null });
    const row = this.#live.newRow(room, me, text, 'sending', { id, key: id, reply: quote ?? null, mentions });
    this.#live.put(room, row);
    void this.#live.deliver(room, row);
    return row.id;
  };
  readonly editText: CoreCalls['editText'] = async (room, target, text, mentions) => {
    await this.#work(30);
    this.#live.change(room, target.id, (row) => changedByEdit(row, text, mentions));
  };
  readonly deleteMessage: CoreCalls['deleteMessage'] = async (room, target, from) => {
    await this.#work(30);
    const row = this.#live.message(room, target.id);
    if (row && from === 'me') this.#live.remove(room, row);
    else this.#live.change(room, target.id, changedByDelete);
  };
  readonly react: CoreCalls['react'] = async (room, target, emoji, on) => {
    await this.#work(20);
    this.#live.change(room, target.id, (row) => changedByReaction(row, emoji, me, on));
  };
  readonly pin: CoreCalls['pin'] = async (room, target, on) => {
    await this.#work(60);
    const view = this.world.rooms.get(room)?.view;
    if (!view) return;
    this.#live.changeRoom(room, { pins: changedByPin(view.pins, { target, by: me, at: Date.now() }, on) });
    if (on) this.#live.put(room, notice(this.#live.nextOrder(room), me, 'pinned', Date.now(), target));
  };
  readonly messages: CoreCalls['messages'] = async (room, targets) => {
    await this.#work(80);
    return structuredClone(targets.flatMap(({ id }) => this.#live.message(room, id) ?? []));
  };
  readonly typing: CoreCalls['typing'] = async () => undefined;

  readonly sendFile: CoreCalls['sendFile'] = async (room, sent) => {
    await this.#work(0);
    const answered = sent.reply && this.#live.message(room, sent.reply.id);
    const row = this.#live.newRow(room, me, sent.caption ?? '', 'sending', {
      id: sent.id,
      key: sent.id,
      reply: answered ? quoteOf(answered) : null,
      mentions: sent.mentions ?? [],
    });
    this.#files.send(room, row, sent, this.#live.nextOrder(room));
    return row.id;
  };
  readonly acceptFile: CoreCalls['acceptFile'] = async (room, target) => {
    await this.#work(30);
    this.#files.accept(room, target.id, this.world.rooms.get(room)?.view.kind === 'thread');
  };
  readonly declineFile: CoreCalls['declineFile'] = async (room, target) => {
    await this.#work(30);
    this.#files.decline(room, target.id);
  };
  readonly cancelTransfer: CoreCalls['cancelTransfer'] = async (id) => this.#files.cancel(id);
  readonly resumeTransfer: CoreCalls['resumeTransfer'] = async (id) => this.#files.resume(id);
  readonly openFile: CoreCalls['openFile'] = async (room, target) => {
    await this.#work(60);
    return this.#files.open(room, target.id);
  };
  readonly fileUsage: CoreCalls['fileUsage'] = async () => {
    await this.#work(60);
    const gibibyte = 1024 ** 3;
    return {
      server: { usedBytes: 1.4 * gibibyte, quotaBytes: 5 * gibibyte, blobMaxBytes: 2 * gibibyte },
      here: { usedBytes: 0.3 * gibibyte, quotaBytes: 40 * gibibyte },
    };
  };

  readonly search: CoreCalls['search'] = async (query) => {
    await this.#work(40);
    return structuredClone(this.#search.search(query));
  };
  readonly searchFurther: CoreCalls['searchFurther'] = async () => {
    await this.#work(900);
    return this.#search.further();
  };

  readonly setPreferences: CoreCalls['setPreferences'] = async ({ levels, ...change }) => {
    await this.#work(20);
    const all = Object.entries({ ...this.world.preferences.levels, ...levels });
    const kept = Object.fromEntries(all.filter(([, level]) => level !== null)) as typeof this.world.preferences.levels;
    this.world.preferences = { ...this.world.preferences, ...change, levels: kept };
    this.emit({ type: 'preferences', preferences: this.world.preferences });
  };
  readonly setPresenceVisibility: CoreCalls['setPresenceVisibility'] = async (visibility) => {
    await this.#work(100);
    this.world.presence = visibility;
  };
  readonly presenceVisibility: CoreCalls['presenceVisibility'] = async () => {
    await this.#work(60);
    return this.world.presence;
  };
  readonly active: CoreCalls['active'] = async () => undefined;
  /** Of everyone everything is known here. */
  readonly watch: CoreCalls['watch'] = async () => undefined;
  readonly activePeople: CoreCalls['activePeople'] = async (room) => {
    await this.#work(120);
    const members = room === null ? [...this.world.states.keys()] : (this.world.rooms.get(room)?.view.members ?? []);
    const people = members.flatMap((account) => {
      const state = this.world.states.get(account);
      return state === 'online' || state === 'away' ? [{ account, state }] : [];
    });
    return { count: people.length, complete: true, people, next: null };
  };
  readonly lastSeen: CoreCalls['lastSeen'] = async (accounts) => {
    await this.#work(80);
    return accounts.map((account, i) => ({ account, at: i % 5 === 4 ? null : Date.now() - seenAgo(i) }));
  };

  readonly retrySend: CoreCalls['retrySend'] = async (room, id) => {
    const row = this.#live.message(room, id);
    if (!row) return;
    const { failure: _, ...rest } = row;
    const again = { ...rest, delivery: 'sending' as const };
    this.#live.put(room, again);
    void this.#live.deliver(room, again, true);
  };
  readonly discardSend: CoreCalls['discardSend'] = async (room, id) => {
    const row = this.#live.message(room, id);
    if (row) this.#live.remove(room, row);
  };
  readonly saveDraft: CoreCalls['saveDraft'] = async (room, draft) => this.#live.changeRoom(room, { draft });

  readonly directory: CoreCalls['directory'] = async () => {
    await this.#work(200);
    return fakeDirectory(this.world);
  };
  readonly createRoom: CoreCalls['createRoom'] = async (request) => {
    await this.#work(500);
    const slug = slugFromName(request.name);
    if (fakeDirectory(this.world).some((room) => room.slug === slug)) {
      throw new CoreError({ code: 'room_exists', message: 'A room with this name exists already.' });
    }
    return this.#live.enter(fakeRooms.made(request.name, request.topic ?? ''));
  };
  readonly joinRoom: CoreCalls['joinRoom'] = async (room) => {
    await this.#work(500);
    const listing = fakeDirectory(this.world).find((one) => one.id === room);
    if (!listing) throw new CoreError({ code: 'unknown_room', message: 'This room does not exist.' });
    this.#live.enter({ ...fakeRooms.made(listing.name, listing.topic), id: room });
  };
  readonly leaveRoom: CoreCalls['leaveRoom'] = async (room) => {
    await this.#work(400);
    this.world.rooms.delete(room);
    this.emit({ type: 'rooms', rooms: [], removed: [room] });
  };
  readonly startThread: CoreCalls['startThread'] = async (accounts) => {
    await this.#work(600);
    this.#identities.refuseChanged(accounts);
    const wanted = [me, ...accounts].sort().join();
    for (const { view } of this.world.rooms.values()) {
      if (view.kind === 'thread' && [...view.members].sort().join() === wanted) return view.id;
    }
    return this.#live.enter(fakeRooms.thread([...accounts]));
  };
  readonly addToThread: CoreCalls['addToThread'] = async (room, accounts) => {
    await this.#work(500);
    this.#identities.refuseChanged(accounts);
    const view = this.world.rooms.get(room)?.view;
    if (view) this.#live.changeRoom(room, { members: [...view.members, ...accounts] });
  };

  readonly searchPeople: CoreCalls['searchPeople'] = async (query) => {
    await this.#work(120);
    const wanted = query.toLowerCase();
    return [...this.world.people.values()].filter((person) => person.id !== me && matches(person, wanted)).slice(0, 20);
  };
  readonly loadPeople: CoreCalls['loadPeople'] = async () => undefined;
  readonly identity: CoreCalls['identity'] = async (account) => {
    await this.#work(200);
    return this.#identities.view(account);
  };
  readonly setVerified: CoreCalls['setVerified'] = async (account, root, verified) => {
    await this.#work(100);
    this.#identities.expect(account, root);
    this.#live.changePerson(account, { trust: verified ? 'verified' : 'known' });
  };
  readonly acceptIdentity: CoreCalls['acceptIdentity'] = async (room, account, root, head) => {
    await this.#work(100);
    this.#identities.expect(account, root, head);
    if (room === null) this.#live.changePerson(account, { trust: 'known' });
    else this.#withoutDoubt(room, account);
  };
  readonly passDifference: CoreCalls['passDifference'] = async (room, key) => {
    await this.#work(100);
    const view = this.world.rooms.get(room)?.view;
    if (view) this.#live.changeRoom(room, { differences: view.differences.filter((one) => one.key !== key) });
  };
  readonly removeFromThread: CoreCalls['removeFromThread'] = async (room, account) => {
    await this.#work(400);
    const view = this.world.rooms.get(room)?.view;
    if (!view) return;
    this.#withoutDoubt(room, account);
    this.#live.changeRoom(room, { members: view.members.filter((one) => one !== account) });
    this.#live.put(room, memberChange(this.#live.nextOrder(room), 'removed', account, me, Date.now()));
  };

  /** For tests: the account has another identity from now on. */
  changeIdentity(account: AccountId): void {
    this.#identities.change(account);
    this.#live.changePerson(account, { trust: 'changed' });
  }

  #withoutDoubt(room: RoomId, account: AccountId): void {
    const view = this.world.rooms.get(room)?.view;
    if (view) this.#live.changeRoom(room, { doubts: view.doubts.filter((one) => one.account !== account) });
  }

  readonly reconnect = async () => {
    this.#connect({ state: 'connecting', retryAt: null });
    await later(900);
    this.#connect({ state: 'online', retryAt: null });
  };

  #connect(connection: World['connection']): void {
    this.world.connection = connection;
    this.emit({ type: 'connection', connection });
  }

  #setPhase(phase: SessionPhase): void {
    const problem =
      phase === 'unsupported'
        ? 'This browser cannot make Ed25519 keys (Firefox 129, Chrome 137 and Safari 17 can).'
        : null;
    this.world.session = { phase, me: phase === 'signed_out' ? null : this.world.session.me, problem };
  }

  async #work(ms: number): Promise<void> {
    await later(this.#scenario === 'slow' ? 2_000 : ms);
    if (this.#scenario === 'failing') {
      throw new CoreError({
        code: 'offline',
        message: 'The server cannot be reached. Check the connection and try again.',
      });
    }
  }
}

const matches = (person: PersonView, query: string): boolean =>
  person.username.toLowerCase().includes(query) || (person.displayName ?? '').toLowerCase().includes(query);
