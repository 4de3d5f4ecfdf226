import { createSubscriber } from 'svelte/reactivity';

/** The present time, read anew every `everyMs` while someone looks. */
export class Clock {
  #subscribe: () => void;

  constructor(everyMs: number) {
    this.#subscribe = createSubscriber((update) => {
      const timer = setInterval(update, everyMs);
      return () => clearInterval(timer);
    });
  }

  get now(): number {
    this.#subscribe();
    return Date.now();
  }
}

/** For countdowns. */
export const seconds = new Clock(1_000);
/** For 'today' and 'yesterday'. */
export const minutes = new Clock(60_000);
