/** How often it is looked, so that a machine that slept locks soon after it wakes. */
const lookMs = 15_000;
const minuteMs = 60_000;

/**
 * Calls `idle` once when nobody has been there for `minutes`. Timers stand still while a machine sleeps, and a person may set its clock
 * back: the longer of the two clocks counts.
 */
export class IdleClock {
  readonly #limitMs: number;
  readonly #idle: () => void;
  #wallMs = 0;
  #steadyMs = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(minutes: number, idle: () => void) {
    this.#limitMs = minutes * minuteMs;
    this.#idle = idle;
    this.#restart();
  }

  /** Someone is there. If they come too late, it is idle all the same: waking a machine must not undo its lock. */
  touch(): void {
    if (!this.#isOver()) this.#restart();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #restart(): void {
    this.#wallMs = Date.now();
    this.#steadyMs = performance.now();
    this.#look();
  }

  #passedMs(): number {
    return Math.max(Date.now() - this.#wallMs, performance.now() - this.#steadyMs);
  }

  #isOver(): boolean {
    if (this.#passedMs() < this.#limitMs) return false;
    this.stop();
    this.#idle();
    return true;
  }

  #look(): void {
    clearTimeout(this.#timer);
    const leftMs = Math.max(0, this.#limitMs - this.#passedMs());
    this.#timer = setTimeout(
      () => {
        if (!this.#isOver()) this.#look();
      },
      Math.min(leftMs, lookMs),
    );
  }
}
