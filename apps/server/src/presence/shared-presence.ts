import { randomUUID } from 'node:crypto';
import type { AccountId } from '@undertone/protocol';
import type { Bus } from '../bus/bus.ts';
import type { PresenceMessage } from './presence-message.ts';
import {
  type ActivePage,
  LocalPresence,
  type PresenceChanges,
  type PresenceState,
  type PresenceStore,
  type SharedPresenceChanges,
  type SharedPresenceState,
} from './presence-store.ts';

export interface SharedPresenceTimes {
  /** How often a process says that it is there. */
  readonly aliveEveryMs: number;
  /** Who was not heard for so long is gone, and its people with it. */
  readonly goneAfterMs: number;
  /** How long the others have to answer a process that asks for everything; it takes what came by then for everything. */
  readonly answerMs: number;
}

export const defaultSharedPresenceTimes: SharedPresenceTimes = {
  aliveEveryMs: 5_000,
  goneAfterMs: 20_000,
  answerMs: 700,
};

interface Peer {
  readonly states: Map<AccountId, PresenceState>;
  change: number;
  gone: NodeJS.Timeout | undefined;
}

/**
 * Presence of several processes (SPEC P1): each tells the others what its own sockets say, and keeps what the others told it, in memory alone.
 * An account is online if it is at any of them. Who can hear nobody says `unknown` of all that it does not see itself.
 */
export class SharedPresence implements PresenceStore {
  readonly #bus: Bus;
  readonly #times: SharedPresenceTimes;
  readonly #id = randomUUID();
  readonly #own = new Map<AccountId, PresenceState>();
  readonly #peers = new Map<string, Peer>();
  /** What all together say, as far as it is known. */
  readonly #all = new LocalPresence();
  readonly #followed = new Map<AccountId, SharedPresenceState>();
  #listener: (changes: SharedPresenceChanges) => void = () => {};
  #change = 0;
  /** Whether the others were heard. */
  #complete = false;
  #settling: NodeJS.Timeout | undefined;
  readonly #alive: NodeJS.Timeout;
  readonly #unsubscribe: () => void;

  constructor(bus: Bus, times: SharedPresenceTimes) {
    this.#bus = bus;
    this.#times = times;
    this.#unsubscribe = bus.subscribe((event) => {
      if (event.kind === 'presence' && event.from !== this.#id) this.#hear(event.from, event.message);
      else if (event.kind === 'reach') this.#reach(event.others);
    });
    this.#alive = setInterval(() => this.#say({ type: 'alive', change: this.#change }), times.aliveEveryMs);
    this.#alive.unref();
  }

  report(changes: PresenceChanges): void {
    for (const [account, state] of changes) {
      if (state === 'offline') this.#own.delete(account);
      else this.#own.set(account, state);
    }
    this.#change += 1;
    this.#say({ type: 'changes', change: this.#change, states: [...changes] });
    this.#update(changes.keys());
  }

  onChange(listener: (changes: SharedPresenceChanges) => void): void {
    this.#listener = listener;
  }

  async follow(accounts: readonly AccountId[]): Promise<void> {
    for (const account of accounts) this.#followed.set(account, this.#shared(account));
  }

  unfollow(account: AccountId): void {
    this.#followed.delete(account);
  }

  state(account: AccountId): SharedPresenceState {
    return this.#followed.get(account) ?? this.#shared(account);
  }

  async active(after: string | undefined, limit: number): Promise<ActivePage> {
    return { ...(await this.#all.active(after, limit)), complete: this.#complete };
  }

  async activeAmong(accounts: readonly AccountId[]): Promise<Pick<ActivePage, 'people' | 'complete'>> {
    return { ...(await this.#all.activeAmong(accounts)), complete: this.#complete };
  }

  /** Take leave of the others. */
  close(): void {
    this.#say({ type: 'bye' });
    clearInterval(this.#alive);
    clearTimeout(this.#settling);
    for (const { gone } of this.#peers.values()) clearTimeout(gone);
    this.#unsubscribe();
  }

  #say(message: PresenceMessage): void {
    this.#bus.publish({ kind: 'presence', from: this.#id, message });
  }

  /** The others can be reached from now on, or not any more. */
  #reach(others: boolean): void {
    clearTimeout(this.#settling);
    if (others) {
      this.#sayAll();
      this.#say({ type: 'ask' });
      this.#settling = setTimeout(() => {
        this.#complete = true;
        this.#update(this.#followed.keys());
      }, this.#times.answerMs);
      return;
    }
    this.#complete = false;
    const known = [...this.#peers.values()].flatMap(({ states }) => [...states.keys()]);
    for (const { gone } of this.#peers.values()) clearTimeout(gone);
    this.#peers.clear();
    this.#update(new Set([...known, ...this.#followed.keys()]));
  }

  #sayAll(): void {
    this.#say({ type: 'all', change: this.#change, states: [...this.#own] });
  }

  #hear(from: string, message: PresenceMessage): void {
    if (message.type === 'ask') {
      if (message.of === undefined || message.of === this.#id) this.#sayAll();
      return;
    }
    const peer = this.#peers.get(from) ?? { states: new Map(), change: 0, gone: undefined };
    this.#peers.set(from, peer);
    clearTimeout(peer.gone);
    peer.gone = setTimeout(() => this.#forget(from), this.#times.goneAfterMs).unref();
    switch (message.type) {
      case 'all': {
        const before = [...peer.states.keys()];
        peer.states.clear();
        for (const [account, state] of message.states) peer.states.set(account, state);
        peer.change = message.change;
        this.#update(new Set([...before, ...peer.states.keys()]));
        return;
      }
      case 'changes':
        if (message.change !== peer.change + 1) this.#say({ type: 'ask', of: from });
        peer.change = message.change;
        for (const [account, state] of message.states) {
          if (state === 'offline') peer.states.delete(account);
          else peer.states.set(account, state);
        }
        this.#update(message.states.map(([account]) => account));
        return;
      case 'alive':
        if (message.change !== peer.change) this.#say({ type: 'ask', of: from });
        return;
      case 'bye':
        clearTimeout(peer.gone);
        peer.gone = setTimeout(() => this.#forget(from), this.#times.aliveEveryMs).unref();
        return;
    }
  }

  #forget(from: string): void {
    const peer = this.#peers.get(from);
    this.#peers.delete(from);
    this.#update(peer?.states.keys() ?? []);
  }

  /** What all processes that are known say of an account. */
  #together(account: AccountId): PresenceState {
    const states = [this.#own, ...[...this.#peers.values()].map((peer) => peer.states)].map((all) => all.get(account));
    if (states.includes('online')) return 'online';
    return states.includes('away') ? 'away' : 'offline';
  }

  #shared(account: AccountId): SharedPresenceState {
    const state = this.#together(account);
    return state === 'offline' && !this.#complete ? 'unknown' : state;
  }

  /** These may have changed. */
  #update(accounts: Iterable<AccountId>): void {
    const changes = new Map<AccountId, SharedPresenceState>();
    const together = new Map<AccountId, PresenceState>();
    for (const account of accounts) {
      const state = this.#together(account);
      if (state !== this.#all.state(account)) together.set(account, state);
      const shared = this.#shared(account);
      const told = this.#followed.get(account);
      if (told !== undefined && told !== shared) changes.set(account, shared);
    }
    this.#all.report(together);
    for (const [account, state] of changes) this.#followed.set(account, state);
    if (changes.size > 0) this.#listener(changes);
  }
}
