import type { AccountId, RoomId, SessionId } from '@undertone/protocol';
import type { BusEvent } from '../bus/bus.ts';

/** Sessions, as far as sockets rest on them. */
export interface Sessions {
  stale(ids: readonly SessionId[]): Promise<{ ended: SessionId[]; replaced: SessionId[] }>;
}

type AccountEvent = Extract<BusEvent, { readonly kind: 'joined' | 'gone' | 'visibility' }>;

/** A socket, as far as it rests on what may have changed. */
interface Checked {
  readonly account: AccountId;
  readonly session: SessionId;
  readonly greeted: boolean;
  readonly rooms: Iterable<RoomId>;
  close(code: 'device_replaced'): void;
}

export interface RecheckOptions {
  readonly rooms: { ids(account: AccountId): Promise<RoomId[]> };
  readonly sessions: Sessions;
  readonly lastSeen: { isHidden(account: AccountId): Promise<boolean> };
  readonly connections: () => Iterable<Checked>;
  /** Events as they would have come, had they not been missed. */
  readonly tell: (event: BusEvent) => void;
  readonly onError: (error: unknown) => void;
}

/** After a database that failed. */
const retryMs = 1_000;
/** Sessions of one statement. */
const sessionsAtOnce = 1_000;
const roomKey = (room: RoomId, account: AccountId): string => `${room} ${account}`;

/**
 * Reads again what sockets rest on, for events that may have been missed: whether their sessions and devices still count (SPEC A6, R6), and
 * which rooms their accounts are in, and whether these may be seen (P2). One round is under way at a time; what is asked for meanwhile is one more.
 */
export class Recheck {
  readonly #options: RecheckOptions;
  /** Accounts of which something changed during the round: what was read of them may be from before. */
  readonly #changed = new Set<AccountId>();
  #running = false;
  #telling = false;
  #again = false;

  constructor(options: RecheckOptions) {
    this.#options = options;
  }

  /** An event of the account was heard, from elsewhere. */
  changed(account: AccountId): void {
    if (!this.#running || this.#telling) return;
    this.#changed.add(account);
    this.#again = true;
  }

  begin(): void {
    this.#again = true;
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#again) {
      this.#again = false;
      this.#changed.clear();
      try {
        await this.#checkSessions();
        await this.#checkRooms();
        await this.#checkVisibility();
      } catch (error) {
        this.#options.onError(error);
        setTimeout(() => this.begin(), retryMs).unref();
      }
    }
    this.#running = false;
  }

  async #checkSessions(): Promise<void> {
    const { connections, sessions, tell } = this.#options;
    const all = [...new Set([...connections()].map(({ session }) => session))];
    for (let at = 0; at < all.length; at += sessionsAtOnce) {
      const { ended, replaced } = await sessions.stale(all.slice(at, at + sessionsAtOnce));
      if (ended.length > 0) tell({ kind: 'sessions_ended', sessions: ended });
      for (const connection of connections()) {
        if (replaced.includes(connection.session)) connection.close('device_replaced');
      }
    }
  }

  async #checkVisibility(): Promise<void> {
    const { connections, lastSeen } = this.#options;
    const accounts = [...new Set([...connections()].map(({ account }) => account))];
    const hidden = await Promise.all(accounts.map((account) => lastSeen.isHidden(account)));
    this.#tell(accounts.map((account, i) => ({ kind: 'visibility', account, visible: hidden[i] === false })));
  }

  /** What was there before the reading and is not in what was read has gone; what is in it and still not here has come. */
  async #checkRooms(): Promise<void> {
    const { connections, rooms } = this.#options;
    const greeted = [...connections()].filter((connection) => connection.greeted);
    const before = greeted.map((connection) => ({ connection, rooms: [...connection.rooms] }));
    const accounts = [...new Set(greeted.map(({ account }) => account))];
    const read = new Map(
      await Promise.all(accounts.map(async (account) => [account, new Set(await rooms.ids(account))] as const)),
    );
    const events = new Map<string, AccountEvent>();
    for (const { connection, rooms: had } of before) {
      const { account } = connection;
      const has = read.get(account);
      if (has === undefined) continue;
      const here = new Set(connection.rooms);
      for (const room of had) {
        if (!has.has(room)) events.set(roomKey(room, account), { kind: 'gone', room, account });
      }
      for (const room of has) {
        if (!here.has(room)) events.set(roomKey(room, account), { kind: 'joined', room, account });
      }
    }
    this.#tell([...events.values()]);
  }

  #tell(events: readonly AccountEvent[]): void {
    this.#telling = true;
    for (const event of events) if (!this.#changed.has(event.account)) this.#options.tell(event);
    this.#telling = false;
  }
}
