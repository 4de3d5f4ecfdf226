import { type AccountId, limits, ProtocolError, type ServerFrame, type ServerFrameOf } from '@undertone/protocol';
import type { SocketRequest } from '../socket/socket-client.ts';
import type { PresenceChange, PresenceState } from '../view/core.ts';

/** A view that has not said so again for this long is gone: its tab was closed, or crashed. */
export const viewLeaseMs = 180_000;
/** Frames are at least this far apart: within what the server takes. */
const spacingMs = 1_000 / limits.watchPerSecond;

export interface PresenceDeps {
  request(frame: SocketRequest): Promise<ServerFrame>;
  isOnline(): boolean;
  changed(change: PresenceChange): void;
}

interface View {
  readonly accounts: readonly AccountId[];
  readonly until: number;
}

const isSame = (a: ReadonlySet<AccountId>, b: ReadonlySet<AccountId>): boolean =>
  a.size === b.size && [...a].every((account) => b.has(account));

type Lists = { readonly [S in PresenceState]?: readonly AccountId[] };

/**
 * The presence of those whom some view shows (SPEC P3). What the views want together is asked of the server, one frame at a time; the
 * states of others are not known. While there is no connection the last known ones stay.
 */
export class PresenceBook {
  readonly #deps: PresenceDeps;
  readonly #views = new Map<string, View>();
  readonly #states = new Map<AccountId, PresenceState>();
  /** What the server was asked for last on this connection. */
  #watched: ReadonlySet<AccountId> = new Set();
  #asking = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(deps: PresenceDeps) {
    this.#deps = deps;
  }

  /** The states that are known. */
  all(): [AccountId, PresenceState][] {
    return [...this.#states];
  }

  /** `view` shows these from now on, in place of those before; the first are served where all views want too many. */
  watch(view: string, accounts: readonly AccountId[]): void {
    this.#views.delete(view);
    if (accounts.length > 0) this.#views.set(view, { accounts, until: Date.now() + viewLeaseMs });
    this.#ask();
  }

  /** The connection is new: the server knows of nothing that is watched. */
  connected(): void {
    this.#watched = new Set();
    this.#ask();
  }

  pushed({ online, away, offline, unknown }: ServerFrameOf<'presence'>): void {
    const watched = (accounts: readonly AccountId[]) => accounts.filter((account) => this.#watched.has(account));
    this.#take({
      online: watched(online),
      away: watched(away),
      offline: watched(offline),
      unknown: watched(unknown),
    });
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#views.clear();
  }

  /** Of every view the first, then of every view the second: none is left without. */
  #wanted(): Set<AccountId> {
    const now = Date.now();
    for (const [view, { until }] of this.#views) if (until < now) this.#views.delete(view);
    const wanted = new Set<AccountId>();
    const lists = [...this.#views.values()].map(({ accounts }) => accounts);
    const longest = Math.max(0, ...lists.map((accounts) => accounts.length));
    for (let i = 0; i < longest; i += 1) {
      for (const account of lists.flatMap((accounts) => accounts[i] ?? [])) {
        if (wanted.size < limits.watchedAccounts) wanted.add(account);
      }
    }
    return wanted;
  }

  #ask(): void {
    if (this.#asking) return;
    const wanted = this.#wanted();
    this.#take({ unknown: [...this.#states.keys()].filter((account) => !wanted.has(account)) });
    if (!this.#deps.isOnline() || isSame(wanted, this.#watched)) return;
    this.#asking = true;
    this.#watched = wanted;
    void this.#exchange(wanted).then((waitMs) => {
      this.#timer = setTimeout(() => {
        this.#asking = false;
        this.#ask();
      }, waitMs);
    });
  }

  /** Resolves with how long to wait before the next frame. */
  async #exchange(wanted: ReadonlySet<AccountId>): Promise<number> {
    try {
      const answer = await this.#deps.request({ type: 'watch', accounts: [...wanted] });
      if (answer.type !== 'watching') throw new ProtocolError('bad_frame', { expected: 'watching', got: answer.type });
      const { online, away, unknown } = answer;
      const named = new Set([...online, ...away, ...unknown]);
      this.#take({ online, away, offline: [...wanted].filter((account) => !named.has(account)), unknown });
      return spacingMs;
    } catch (error) {
      // Without a connection the next one asks again.
      this.#watched = new Set();
      const retryAfterMs = error instanceof ProtocolError ? Number(error.detail.retryAfterMs ?? 0) : 0;
      return Math.max(spacingMs, retryAfterMs);
    }
  }

  #take(lists: Lists): void {
    const change: Record<PresenceState, AccountId[]> = { online: [], away: [], offline: [], unknown: [] };
    for (const state of ['online', 'away', 'offline', 'unknown'] as const) {
      for (const account of lists[state] ?? []) {
        if ((this.#states.get(account) ?? 'unknown') === state) continue;
        if (state === 'unknown') this.#states.delete(account);
        else this.#states.set(account, state);
        change[state].push(account);
      }
    }
    if (Object.values(change).some((accounts) => accounts.length > 0)) this.#deps.changed(change);
  }
}
