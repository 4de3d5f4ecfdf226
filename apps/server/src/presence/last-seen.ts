import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AccountId } from '@undertone/protocol';
import { Batched } from '../database/batched.ts';
import type { Database } from '../database/database.ts';
import type { SharedRooms } from './shared-rooms.ts';

const minuteMs = 60_000;

/**
 * When accounts were last connected, and whether that may be seen (SPEC P2). Kept whatever the setting is: who shows themselves again
 * has a time at once.
 */
export class LastSeen {
  readonly #database: Database;
  readonly #onError: (error: unknown) => void;
  readonly #noted = new Map<AccountId, number>();
  readonly #hidden: Batched<AccountId, boolean>;
  readonly #shared: SharedRooms;
  #writing: Promise<void> | undefined;

  constructor(database: Database, shared: SharedRooms, onError: (error: unknown) => void) {
    this.#database = database;
    this.#shared = shared;
    this.#onError = onError;
    this.#hidden = new Batched((accounts) => this.#areHidden(accounts));
  }

  isHidden(account: AccountId): Promise<boolean> {
    return this.#hidden.ask(account);
  }

  async #areHidden(accounts: readonly AccountId[]): Promise<boolean[]> {
    const where = { id: { in: [...accounts] }, presence: 'everyone' as const };
    const rows = await this.#database.prisma.account.findMany({ where, select: { id: true } });
    const shown = new Set<string>(rows.map(({ id }) => id));
    return accounts.map((account) => !shown.has(account));
  }

  /**
   * When these were last connected, to the minute; null for those who never were, hide it, or share no room with `asker` (SPEC P2, P4).
   * One for each id, in their order.
   */
  async of(asker: AccountId, accounts: readonly AccountId[]): Promise<{ account: AccountId; at: number | null }[]> {
    const shown = await this.#shared.among(asker, accounts);
    const rows = await this.#database.prisma.account.findMany({
      where: { id: { in: shown }, presence: 'everyone' },
      select: { id: true, lastSeenAt: true },
    });
    const times = new Map(rows.map(({ id, lastSeenAt }) => [id, lastSeenAt?.getTime()]));
    return accounts.map((account) => {
      const time = times.get(account);
      return { account, at: time === undefined ? null : time - (time % minuteMs) };
    });
  }

  /** The account's last socket is gone. Those of many are written together: the next write takes all that came during one. */
  note(account: AccountId): void {
    this.#noted.set(account, Date.now());
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Resolves when everything noted so far is written. */
  async idle(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  async #write(): Promise<void> {
    // Sockets that close together are one write.
    await nextTurn();
    while (this.#noted.size > 0) {
      const noted = [...this.#noted];
      this.#noted.clear();
      try {
        await this.#database.prisma.$executeRaw`
          UPDATE accounts SET last_seen_at = to_timestamp(t.at_ms / 1000)
          FROM unnest(${noted.map(([account]) => account)}::uuid[], ${noted.map(([, at]) => String(at))}::float8[])
            AS t(id, at_ms)
          WHERE accounts.id = t.id AND accounts.deleted_at IS NULL`;
      } catch (error) {
        this.#onError(error);
      }
    }
  }
}
