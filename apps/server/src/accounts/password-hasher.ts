import { ProtocolError } from '@undertone/protocol';
import argon2 from 'argon2';
import { serverLimits } from '../server-limits.ts';

export interface HashCost {
  readonly memoryKiB: number;
  readonly passes: number;
}

/** Argon2id above OWASP's least (19 MiB, 2 passes, 1 lane). About 60 ms on a small server. */
export const defaultHashCost: HashCost = { memoryKiB: 32 * 1024, passes: 3 };

/** Argon2id (SPEC A2), with a bound on how much of the machine it takes. */
export class PasswordHasher {
  readonly #options: argon2.Options & { raw?: false };
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #dummy: Promise<string> | undefined;

  /** A lower cost is for tests; no setting reaches it. */
  constructor(cost: HashCost = defaultHashCost) {
    const { memoryKiB, passes } = cost;
    this.#options = { type: argon2.argon2id, memoryCost: memoryKiB, timeCost: passes, parallelism: 1 };
  }

  hash(password: string): Promise<string> {
    return this.#inTurn(() => argon2.hash(password.normalize('NFC'), this.#options));
  }

  /** Whether the password is the hashed one. Without a hash (unknown user) it takes the same time and is false (SPEC A3). */
  async verify(hash: string | null | undefined, password: string): Promise<boolean> {
    this.#dummy ??= argon2.hash('nobody has this password', this.#options);
    const against = hash ?? (await this.#dummy);
    const matches = await this.#inTurn(() => argon2.verify(against, password.normalize('NFC')));
    return matches && typeof hash === 'string';
  }

  /** Compute the dummy hash now, so that the first unknown user is not told apart by its time. */
  async warmUp(): Promise<void> {
    this.#dummy ??= argon2.hash('nobody has this password', this.#options);
    await this.#dummy;
  }

  async #inTurn<T>(run: () => Promise<T>): Promise<T> {
    if (this.#running >= serverLimits.hashesAtOnce) {
      if (this.#waiting.length >= serverLimits.hashesWaiting)
        throw new ProtocolError('rate_limited', { retryAfterMs: 2_000 });
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running += 1;
    try {
      return await run();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}
