import {
  type Core,
  type CoreCalls,
  CoreError,
  type CoreEvent,
  type MessageRow,
  type PersonView,
  type RoomView,
  type SessionPhase,
  type TimelineRow,
} from '@undertone/client/view';
import { type AccountId, type EntryId, limits, type RoomId, type Seq, slugFromName } from '@undertone/protocol';
import { FakeFiles } from './fake-files.ts';
import { FakeSearch } from './fake-search.ts';
import { changedByDelete, changedByEdit, changedByPin, changedByReaction } from './message-changes.ts';
import { me, message, notice, quoteOf } from './rows.ts';
import { seenAgo } from './showcase.ts';
import { fakeDirectory, fakeRooms, fakeWorld, type World } from './world.ts';

const later = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
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

const phases: readonly string[] = ['signed_out', 'opening', 'no_keys', 'keys_lost', 'replaced', 'unsupported'];

export class FakeCore implements Core {
  readonly world: World;
  readonly #scenario: string;
  #listeners = new Set<(event: CoreEvent) => void>();
  #opened = new Set<RoomId>();
  readonly #files: FakeFiles;
  readonly #search: FakeSearch;

  constructor(scenario: string) {
    this.#scenario = scenario;
    this.world = fakeWorld(scenario === 'large');
    if (scenario === 'empty') this.world.rooms.clear();
    if (phases.includes(scenario)) this.#setPhase(scenario as SessionPhase);
    if (scenario === 'offline') this.world.connection = { state: 'offline', retryAt: Date.now() + 24_000 };
    if (scenario === 'connecting') this.world.connection = { state: 'connecting', retryAt: null };
    this.#files = new FakeFiles({
      transfers: this.world.transfers,
      emit: (event) => this.emit(event),
      row: (room, id) => this.#message(room, id),
      put: (room, row) => this.#put(room, row),
      remove: (room, row) => this.#remove(room, row),
    });
    this.#search = new FakeSearch(this.world);
  }

  subscribe(listener: (event: CoreEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** For tests: somebody says something now. */
  say(room: RoomView, account: AccountId, text: string, fields: Partial<MessageRow> = {}): void {
    const row = this.#row(room.id, account, text, 'sent', fields);
    this.#put(room.id, row);
    this.#room(room.id, {
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

  readonly openTimeline: CoreCalls['openTimeline'] = async (room, limit) => {
    await this.#work(30);
    this.#opened.add(room);
    const rows = this.#rows(room);
    return structuredClone({ rows: rows.slice(-limit), more: rows.length > limit });
  };
  readonly olderRows: CoreCalls['olderRows'] = async (room, order, limit) => {
    await this.#work(150);
    const before = this.#rows(room).filter((row) => row.order < order);
    return structuredClone({ rows: before.slice(-limit), more: before.length > limit });
  };
  readonly markRead: CoreCalls['markRead'] = async (room, seq) => {
    this.#room(room, { readSeq: seq, unread: 0, unreadMentions: 0 });
  };
  readonly sendText: CoreCalls['sendText'] = async (room, { id, text, reply, mentions = [] }) => {
    await this.#work(0);
    if (utf8(text) > limits.messageTextMaxBytes)
      throw new CoreError({ code: 'too_long', message: 'That is too long.' });
    const answered = reply && this.#message(room, reply.id);
    const quote = reply && (answered ? quoteOf(answered) : { target: reply, quoted: null });
    const row = this.#row(room, me, text, 'sending', { id, key: id, reply: quote ?? null, mentions });
    this.#put(room, row);
    void this.#deliver(room, row);
    return row.id;
  };
  readonly editText: CoreCalls['editText'] = async (room, target, text, mentions) => {
    await this.#work(30);
    this.#change(room, target.id, (row) => changedByEdit(row, text, mentions));
  };
  readonly deleteMessage: CoreCalls['deleteMessage'] = async (room, target, from) => {
    await this.#work(30);
    const row = this.#message(room, target.id);
    if (row && from === 'me') this.#remove(room, row);
    else this.#change(room, target.id, changedByDelete);
  };
  readonly react: CoreCalls['react'] = async (room, target, emoji, on) => {
    await this.#work(20);
    this.#change(room, target.id, (row) => changedByReaction(row, emoji, me, on));
  };
  readonly pin: CoreCalls['pin'] = async (room, target, on) => {
    await this.#work(60);
    const view = this.world.rooms.get(room)?.view;
    if (!view) return;
    this.#room(room, { pins: changedByPin(view.pins, { target, by: me, at: Date.now() }, on) });
    if (on) this.#put(room, notice(this.#nextOrder(room), me, 'pinned', Date.now(), target));
  };
  readonly messages: CoreCalls['messages'] = async (room, targets) => {
    await this.#work(80);
    return structuredClone(targets.flatMap(({ id }) => this.#message(room, id) ?? []));
  };
  readonly typing: CoreCalls['typing'] = async () => undefined;

  readonly sendFile: CoreCalls['sendFile'] = async (room, sent) => {
    await this.#work(0);
    const answered = sent.reply && this.#message(room, sent.reply.id);
    const row = this.#row(room, me, sent.caption ?? '', 'sending', {
      id: sent.id,
      key: sent.id,
      reply: answered ? quoteOf(answered) : null,
      mentions: sent.mentions ?? [],
    });
    this.#files.send(room, row, sent, this.#nextOrder(room));
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
    const row = this.#rows(room).find((one) => one.kind === 'message' && one.id === id) as MessageRow | undefined;
    if (!row) return;
    const { failure: _, ...rest } = row;
    const again = { ...rest, delivery: 'sending' as const };
    this.#put(room, again);
    void this.#deliver(room, again, true);
  };
  readonly discardSend: CoreCalls['discardSend'] = async (room, id) => {
    const row = this.#message(room, id);
    if (row) this.#remove(room, row);
  };
  readonly saveDraft: CoreCalls['saveDraft'] = async (room, draft) => this.#room(room, { draft });

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
    return this.#enter(fakeRooms.made(request.name, request.topic ?? ''));
  };
  readonly joinRoom: CoreCalls['joinRoom'] = async (room) => {
    await this.#work(500);
    const listing = fakeDirectory(this.world).find((one) => one.id === room);
    if (!listing) throw new CoreError({ code: 'unknown_room', message: 'This room does not exist.' });
    this.#enter({ ...fakeRooms.made(listing.name, listing.topic), id: room });
  };
  readonly leaveRoom: CoreCalls['leaveRoom'] = async (room) => {
    await this.#work(400);
    this.world.rooms.delete(room);
    this.emit({ type: 'rooms', rooms: [], removed: [room] });
  };
  readonly startThread: CoreCalls['startThread'] = async (accounts) => {
    await this.#work(600);
    const wanted = [me, ...accounts].sort().join();
    for (const { view } of this.world.rooms.values()) {
      if (view.kind === 'thread' && [...view.members].sort().join() === wanted) return view.id;
    }
    return this.#enter(fakeRooms.thread([...accounts]));
  };
  readonly addToThread: CoreCalls['addToThread'] = async (room, accounts) => {
    await this.#work(500);
    const view = this.world.rooms.get(room)?.view;
    if (view) this.#room(room, { members: [...view.members, ...accounts] });
  };

  readonly searchPeople: CoreCalls['searchPeople'] = async (query) => {
    await this.#work(120);
    const wanted = query.toLowerCase();
    return [...this.world.people.values()].filter((person) => person.id !== me && matches(person, wanted)).slice(0, 20);
  };
  readonly loadPeople: CoreCalls['loadPeople'] = async () => undefined;
  readonly identity: CoreCalls['identity'] = async (account) => {
    await this.#work(200);
    const person = this.world.people.get(account);
    const digits = [...account.replaceAll('-', '')]
      .map((char) => String(Number.parseInt(char, 16)).padStart(2, '0'))
      .join('');
    const safetyNumber = digits.slice(0, 60).replace(/.{5}(?=.)/g, '$& ');
    return { account, trust: person?.trust ?? 'known', safetyNumber };
  };
  readonly setVerified: CoreCalls['setVerified'] = async (account, verified) => {
    await this.#work(100);
    this.#person(account, { trust: verified ? 'verified' : 'known' });
  };
  readonly acknowledgeIdentity: CoreCalls['acknowledgeIdentity'] = async (account) => {
    await this.#work(100);
    this.#person(account, { trust: 'known' });
  };
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

  #rows(room: RoomId): readonly TimelineRow[] {
    return this.world.rooms.get(room)?.rows ?? [];
  }

  #nextOrder(room: RoomId): number {
    return Math.floor(this.#rows(room).at(-1)?.order ?? 0) + 1;
  }

  #row(
    room: RoomId,
    account: AccountId,
    text: string,
    delivery: 'sending' | 'sent',
    fields: Partial<MessageRow> = {},
  ): MessageRow {
    const order = this.#nextOrder(room);
    const seq = delivery === 'sent' ? (order as Seq) : null;
    return message(order, account, text, Date.now(), { seq, delivery, ...fields });
  }

  #message(room: RoomId, id: EntryId): MessageRow | undefined {
    return this.#rows(room).find((row) => row.kind === 'message' && row.id === id) as MessageRow | undefined;
  }

  #change(room: RoomId, id: EntryId, change: (row: MessageRow) => MessageRow): void {
    const row = this.#message(room, id);
    if (row) this.#put(room, change(row));
  }

  #remove(room: RoomId, row: MessageRow): void {
    const held = this.world.rooms.get(room);
    if (!held) return;
    held.rows = held.rows.filter((one) => one.key !== row.key);
    this.emit({ type: 'timeline', change: { room, rows: [], removed: [row] } });
  }

  #put(room: RoomId, row: TimelineRow): void {
    const held = this.world.rooms.get(room);
    if (!held) return;
    held.rows = [...held.rows.filter((one) => one.key !== row.key), row].sort((a, b) => a.order - b.order);
    if (this.#opened.has(room)) this.emit({ type: 'timeline', change: { room, rows: [row], removed: [] } });
  }

  async #deliver(room: RoomId, row: MessageRow, again = false): Promise<void> {
    await later(400);
    if (row.text.startsWith('fail') && !again) {
      this.#put(room, {
        ...row,
        delivery: 'failed',
        failure: 'The server refused it: too many messages in a short time.',
      });
    } else {
      this.#put(room, { ...row, delivery: 'sent', seq: Math.floor(row.order) as Seq });
      await this.#receive(room, Math.floor(row.order) as Seq);
    }
  }

  /** In threads the others receive it, and one after the other reads it. */
  async #receive(id: RoomId, seq: Seq): Promise<void> {
    const view = this.world.rooms.get(id)?.view;
    if (view?.kind !== 'thread') return;
    const others = view.members.filter((account) => account !== me);
    await later(700);
    const read = (account: AccountId) =>
      this.world.rooms.get(id)?.view.receipts.find((one) => one.account === account)?.read ?? (0 as Seq);
    this.#room(id, { receipts: others.map((account) => ({ account, delivered: seq, read: read(account) })) });
    for (const reader of others.slice(0, 3)) {
      await later(900);
      const receipts = this.world.rooms.get(id)?.view.receipts ?? [];
      this.#room(id, { receipts: receipts.map((one) => (one.account === reader ? { ...one, read: seq } : one)) });
    }
  }

  #enter(view: RoomView): RoomId {
    this.world.rooms.set(view.id, { view, rows: [] });
    this.emit({ type: 'rooms', rooms: [view], removed: [] });
    setTimeout(() => this.#room(view.id, { state: 'ready' }), 700);
    return view.id;
  }

  #room(id: RoomId, fields: Partial<RoomView>): void {
    const held = this.world.rooms.get(id);
    if (!held) return;
    held.view = { ...held.view, ...fields };
    this.emit({ type: 'rooms', rooms: [held.view], removed: [] });
  }

  #person(id: AccountId, fields: Partial<PersonView>): void {
    const person = this.world.people.get(id);
    if (!person) return;
    this.world.people.set(id, { ...person, ...fields });
    this.emit({ type: 'people', people: [{ ...person, ...fields }] });
    for (const { view } of this.world.rooms.values()) {
      if (!view.changedIdentities.includes(id)) continue;
      this.#room(view.id, { changedIdentities: view.changedIdentities.filter((account) => account !== id) });
    }
  }
}

const matches = (person: PersonView, query: string): boolean =>
  person.username.toLowerCase().includes(query) || (person.displayName ?? '').toLowerCase().includes(query);
