import { setImmediate as nextTurn } from 'node:timers/promises';

interface Asked<K, V> {
  readonly key: K;
  resolve(value: V): void;
  reject(error: unknown): void;
}

/** Bound of one statement. */
const maxWeight = 1_000;

/**
 * Questions that many ask at the same time, as when everybody comes back after a restart. One statement is under way at a time, for all
 * who asked until it began; who asks while it runs is in the next. So an answer is never older than its question, and a crowd neither
 * waits for a connection each nor pays for a statement each.
 */
export class Batched<K, V> {
  readonly #read: (keys: readonly K[]) => Promise<readonly V[]>;
  readonly #weight: (key: K) => number;
  #asked: Asked<K, V>[] = [];
  #running = false;

  /** `read` answers each key in its place. `weight` is what a key adds to a statement. */
  constructor(read: (keys: readonly K[]) => Promise<readonly V[]>, weight: (key: K) => number = () => 1) {
    this.#read = read;
    this.#weight = weight;
  }

  ask(key: K): Promise<V> {
    return new Promise((resolve, reject) => {
      this.#asked.push({ key, resolve, reject });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    await nextTurn();
    while (this.#asked.length > 0) await this.#answer(this.#take());
    this.#running = false;
  }

  #take(): Asked<K, V>[] {
    let weight = 0;
    let count = 0;
    for (const { key } of this.#asked) {
      weight += this.#weight(key);
      if (count > 0 && weight > maxWeight) break;
      count += 1;
    }
    return this.#asked.splice(0, count);
  }

  async #answer(asked: readonly Asked<K, V>[]): Promise<void> {
    try {
      const values = await this.#read(asked.map(({ key }) => key));
      for (const [i, { resolve }] of asked.entries()) resolve(values[i] as V);
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
  }
}
