import { secondsLeft } from './wait-words.ts';

/** Seconds until one may try again, counting down by itself. */
export class Countdown {
  #seconds = $state(0);
  #timer: ReturnType<typeof setInterval> | undefined;

  get seconds(): number {
    return this.#seconds;
  }

  start(waitMs: number): void {
    this.stop();
    const until = performance.now() + waitMs;
    const tick = () => {
      this.#seconds = secondsLeft(until, performance.now());
      if (this.#seconds === 0) clearInterval(this.#timer);
    };
    tick();
    this.#timer = setInterval(tick, 250);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#seconds = 0;
  }
}
