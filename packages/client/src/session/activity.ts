/** Without input for so long, nobody is at this browser. */
const awayAfterMs = 5 * 60_000;

/** Whether someone is at this browser (SPEC P1). Tells of changes only. */
export class Activity {
  readonly #tell: (state: 'active' | 'away') => void;
  #state: 'active' | 'away' = 'active';
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(tell: (state: 'active' | 'away') => void) {
    this.#tell = tell;
  }

  /** There was input. */
  active(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#become('away'), awayAfterMs);
    this.#become('active');
  }

  /** The connection is new, and the server takes it for an active one. */
  connected(): void {
    if (this.#state === 'away') this.#tell('away');
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #become(state: 'active' | 'away'): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#tell(state);
  }
}
