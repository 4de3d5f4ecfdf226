import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

interface Asked<K, V> {
  readonly key: K;
  resolve(value: V): void;
  reject(error: unknown): void;
}

/** Bound of one statement. */
const maxWeight = 1_000;
/** Statements of a crowd begin so far apart: without it each is for the few who asked during the one before. */
const crowdPauseMs = 20;

/**
 * Questions that many ask at the same time, as when everyone comes back after a restart. One statement is under way at a time, for all
 * who asked until it began; who asks while it runs is in the next, together with all that come soon after. So an answer is never older than
 * its question, and a crowd neither waits for a connection each nor pays for a statement each.
 */
export class Batched<K, V> {
  readonly #read: (keys: readonly K[]) => Promise<readonly V[]>;
  readonly #weight: (key: K) => number;
  #asked: Asked<K, V>[] = [];
  #waitingWeight = 0;
  #running = false;

  /** `read` answers each key in its place. `weight` is what a key adds to a statement. */
  constructor(read: (keys: readonly K[]) => Promise<readonly V[]>, weight: (key: K) => number = () => 1) {
    this.#read = read;
    this.#weight = weight;
  }

  ask(key: K): Promise<V> {
    return new Promise((resolve, reject) => {
      this.#asked.push({ key, resolve, reject });
      this.#waitingWeight += this.#weight(key);
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    await nextTurn();
    while (this.#asked.length > 0) {
      const began = performance.now();
      const isCrowd = await this.#answer(this.#take());
      const early = crowdPauseMs - (performance.now() - began);
      // Where they fill a statement by now there is nothing to wait for.
      if (isCrowd && early > 0 && this.#waitingWeight < maxWeight) await sleep(early);
    }
    this.#running = false;
  }

  #take(): Asked<K, V>[] {
    let weight = 0;
    let count = 0;
    for (const { key } of this.#asked) {
      const more = weight + this.#weight(key);
      if (count > 0 && more > maxWeight) break;
      weight = more;
      count += 1;
    }
    this.#waitingWeight -= weight;
    return this.#asked.splice(0, count);
  }

  /** Whether others have asked meanwhile. Who only asks the next thing when this is answered is no crowd, and does not wait. */
  async #answer(asked: readonly Asked<K, V>[]): Promise<boolean> {
    try {
      const values = await this.#read(asked.map(({ key }) => key));
      const isCrowd = this.#asked.length > 0;
      for (const [i, { resolve }] of asked.entries()) resolve(values[i] as V);
      return isCrowd;
    } catch (error) {
      for (const { reject } of asked) reject(error);
      return false;
    }
  }
}
