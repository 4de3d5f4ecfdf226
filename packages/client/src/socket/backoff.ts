/** Waits between tries: doubling from `firstMs` to `mostMs`, each with random jitter so that clients do not return in step. */
export class Backoff {
  readonly #firstMs: number;
  readonly #mostMs: number;
  #tries = 0;

  constructor(firstMs: number, mostMs: number) {
    this.#firstMs = firstMs;
    this.#mostMs = mostMs;
  }

  nextMs(): number {
    const ceiling = Math.min(this.#mostMs, this.#firstMs * 2 ** this.#tries++);
    return Math.round(ceiling * (0.5 + Math.random() / 2));
  }

  reset(): void {
    this.#tries = 0;
  }
}
