/** Runs what it is given one after the other: all that reads and writes one room's keys goes through one of these. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(step: () => Promise<T>): Promise<T> {
    const next = this.#last.then(step, step);
    this.#last = next.catch(() => {});
    return next;
  }
}
