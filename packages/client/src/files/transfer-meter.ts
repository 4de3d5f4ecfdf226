/** Speed is that of the last few seconds. */
const windowMs = 4_000;

/** How fast something moves, in bytes per second. */
export class TransferMeter {
  #samples: { readonly at: number; readonly bytes: number }[] = [];

  /** So many bytes in all are done at `now` (milliseconds). */
  moved(bytes: number, now: number): void {
    this.#samples.push({ at: now, bytes });
    // One sample from before the window stays, so that there is something to compare with.
    while (this.#samples.length > 2 && (this.#samples[1]?.at ?? now) < now - windowMs) this.#samples.shift();
  }

  stopped(): void {
    this.#samples = [];
  }

  /** Null until enough was seen. */
  bytesPerSecond(now: number): number | null {
    const [first] = this.#samples;
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || now - first.at < 500) return null;
    return ((last.bytes - first.bytes) * 1_000) / (now - first.at);
  }
}
