import {
  type ConnectionView,
  type Core,
  type CoreEvent,
  defaultPreferences,
  type PersonView,
  type Preferences,
  type PresenceChange,
  type PresenceState,
  type RoomView,
  type SessionView,
  type Snapshot,
  type TransferView,
} from '@undertone/client/view';
import type { AccountId, RoomId } from '@undertone/protocol';
import { createContext } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import { cleanName, nameOf } from '../text/names.ts';
import { PresenceWatch } from './presence-watch.ts';
import { RoomTimeline } from './room-timeline.svelte.ts';
import { Typing } from './typing.svelte.ts';

/** Timelines of rooms visited last stay in memory, so that going back shows them at once. */
const keptTimelines = 8;

/** Everything the chat shows: the core's snapshot kept current by its events, and the timelines of rooms that were opened. */
export class ChatState {
  readonly core: Core;
  readonly rooms = new SvelteMap<RoomId, RoomView>();
  readonly people = new SvelteMap<AccountId, PersonView>();
  /** Of those whom `watching` has, as far as it is known. */
  readonly presence = new SvelteMap<AccountId, PresenceState>();
  readonly watching: PresenceWatch;
  /** Files that are moving, by the key of their message's row. */
  readonly transfers = new SvelteMap<string, TransferView>();
  readonly typing = new Typing();
  #preferences = $state.raw<Preferences>(defaultPreferences);
  #session = $state.raw<SessionView>({ phase: 'opening', me: null, problem: null });
  #connection = $state.raw<ConnectionView>({ state: 'connecting', retryAt: null });
  #timelines = new Map<RoomId, RoomTimeline>();
  #asked = new Set<AccountId>();

  readonly publicRooms: readonly RoomView[] = $derived(
    [...this.rooms.values()]
      .filter((room) => room.kind === 'public')
      .sort(
        (a, b) => Number(b.slug === 'lobby') - Number(a.slug === 'lobby') || (a.name ?? '').localeCompare(b.name ?? ''),
      ),
  );
  readonly threads: readonly RoomView[] = $derived(
    [...this.rooms.values()]
      .filter((room) => room.kind === 'thread')
      .sort((a, b) => b.lastActivityAt - a.lastActivityAt),
  );
  readonly unread: number = $derived([...this.rooms.values()].reduce((sum, room) => sum + room.unread, 0));

  private constructor(core: Core) {
    this.core = core;
    this.watching = new PresenceWatch(core);
  }

  /** Follow `core` for as long as the page lives. */
  static async open(core: Core): Promise<ChatState> {
    const state = new ChatState(core);
    // Events that come before the snapshot are part of it or newer: they are applied after it.
    let early: CoreEvent[] | null = [];
    core.subscribe((event) => {
      if (early) early.push(event);
      else state.#apply(event);
    });
    state.#take(await core.snapshot());
    const waiting = early;
    early = null;
    for (const event of waiting) state.#apply(event);
    return state;
  }

  get session(): SessionView {
    return this.#session;
  }

  get connection(): ConnectionView {
    return this.#connection;
  }

  get preferences(): Preferences {
    return this.#preferences;
  }

  get me(): AccountId | null {
    return this.#session.me?.id ?? null;
  }

  roomBySlug(slug: string): RoomView | undefined {
    return this.publicRooms.find((room) => room.slug === slug);
  }

  /** A room's name (its slug where nothing of the name can be seen); for a thread the names of the others. */
  titleOf(room: RoomView): string {
    if (room.name !== null) return cleanName(room.name) || (room.slug ?? 'Room');
    const others = room.members.filter((account) => account !== this.me).map((account) => this.nameOf(account));
    return others.length > 0 ? others.join(', ') : 'Only you';
  }

  nameOf(account: AccountId): string {
    const person = this.people.get(account);
    if (person) return nameOf(person);
    this.#ask(account);
    return 'Someone';
  }

  /** The timeline of a room, opened at the first call. */
  timeline(room: RoomId): RoomTimeline {
    let timeline = this.#timelines.get(room);
    this.#timelines.delete(room);
    timeline ??= this.#newTimeline(room);
    this.#timelines.set(room, timeline);
    const oldest = this.#timelines.keys().next().value;
    if (this.#timelines.size > keptTimelines && oldest !== undefined) this.#timelines.delete(oldest);
    return timeline;
  }

  /** Outside of the component that asks first: with it, the timeline's derived values would end while the timeline is kept. */
  #newTimeline(room: RoomId): RoomTimeline {
    let timeline!: RoomTimeline;
    $effect.root(() => {
      timeline = new RoomTimeline(this.core, room, this.rooms.get(room)?.unread ?? 0);
    });
    return timeline;
  }

  /** Profiles are asked for in one call per turn of the event loop. */
  #ask(account: AccountId): void {
    if (this.#asked.has(account)) return;
    const first = this.#asked.size === 0;
    this.#asked.add(account);
    if (!first) return;
    setTimeout(() => {
      const accounts = [...this.#asked];
      this.#asked.clear();
      // A name that cannot be loaded stays 'Someone' until the next event about it.
      this.core.loadPeople(accounts).catch(() => undefined);
    });
  }

  #take(snapshot: Snapshot): void {
    this.#session = snapshot.session;
    this.#connection = snapshot.connection;
    this.rooms.clear();
    for (const room of snapshot.rooms) this.rooms.set(room.id, room);
    this.people.clear();
    for (const person of snapshot.people) this.people.set(person.id, person);
    this.presence.clear();
    for (const [account, state] of snapshot.presence) this.presence.set(account, state);
    this.watching.tell();
    this.transfers.clear();
    for (const transfer of snapshot.transfers) this.transfers.set(transfer.id, transfer);
    this.#preferences = snapshot.preferences;
  }

  #apply(event: CoreEvent): void {
    switch (event.type) {
      case 'session':
        this.#session = event.session;
        return;
      case 'connection':
        this.#connection = event.connection;
        return;
      case 'rooms':
        for (const room of event.rooms) this.rooms.set(room.id, room);
        for (const room of event.removed) {
          this.rooms.delete(room);
          this.#timelines.delete(room);
        }
        return;
      case 'people':
        for (const person of event.people) this.people.set(person.id, person);
        return;
      case 'presence':
        this.#presence(event);
        return;
      case 'timeline':
        this.#timelines.get(event.change.room)?.apply(event.change);
        return;
      case 'typing':
        this.typing.heard(event.room, event.account);
        return;
      case 'arrived':
        for (const { account } of event.messages) this.typing.stopped(event.room, account);
        return;
      case 'transfers':
        for (const transfer of event.transfers) this.transfers.set(transfer.id, transfer);
        for (const id of event.ended) this.transfers.delete(id);
        return;
      case 'preferences':
        this.#preferences = event.preferences;
        return;
      case 'snapshot': {
        const { phase, problem } = event.snapshot.session;
        if (phase === 'opening' && problem === null && this.#session.phase === 'ready') {
          // This tab's core took over from a tab that was closed and opens the keys again: what is shown, and typed, stays.
          this.#connection = { state: 'connecting', retryAt: null };
          return;
        }
        this.#take(event.snapshot);
        for (const [room, timeline] of this.#timelines) {
          // A room that is not there (signed out, keys new) may come again: it is opened anew then.
          if (this.rooms.has(room)) timeline.reopen();
          else this.#timelines.delete(room);
        }
        return;
      }
      default:
        event satisfies never;
    }
  }

  #presence({ online, away, offline, unknown }: PresenceChange): void {
    // Who is seen for the first time may have been here all the time.
    const arrived = [...online, ...away].filter(
      (account) => account !== this.me && this.presence.get(account) === 'offline',
    );
    for (const account of online) this.presence.set(account, 'online');
    for (const account of away) this.presence.set(account, 'away');
    for (const account of offline) this.presence.set(account, 'offline');
    for (const account of unknown) this.presence.delete(account);
    for (const timeline of this.#timelines.values()) {
      const room = this.rooms.get(timeline.room);
      if (room?.kind === 'public') timeline.presence(room.members, arrived, offline);
    }
  }
}

export const [getChat, setChat] = createContext<ChatState>();
