/** Held, shared, by each tab that is in view. */
const visibleLock = 'undertone-visible';
/** Held by the one tab that shows notifications. */
const notifierLock = 'undertone-notifier';
const channelName = 'undertone-visible';

/**
 * What the tabs of a browser profile know of each other. Locks rather than messages: a tab that crashes lets go of its locks,
 * so that nobody waits for it.
 */
export class Tabs {
  readonly #channel = new BroadcastChannel(channelName);
  #letGo: (() => void) | null = null;
  #elected = false;
  /** Called when this or another tab came into view. */
  onVisible: () => void = () => {};

  constructor() {
    this.#channel.onmessage = () => this.onVisible();
    document.addEventListener('visibilitychange', () => this.#follow());
    this.#follow();
    void navigator.locks.request(notifierLock, () => {
      this.#elected = true;
      // Until this tab goes.
      return new Promise(() => {});
    });
  }

  /** Whether this tab is the one that shows notifications. */
  get elected(): boolean {
    return this.#elected;
  }

  /** Whether any tab is in view. */
  async anyVisible(): Promise<boolean> {
    if (document.visibilityState === 'visible') return true;
    const { held = [] } = await navigator.locks.query();
    return held.some(({ name }) => name === visibleLock);
  }

  #follow(): void {
    this.#letGo?.();
    this.#letGo = null;
    if (document.visibilityState !== 'visible') return;
    const over = new Promise<void>((resolve) => {
      this.#letGo = resolve;
    });
    void navigator.locks.request(visibleLock, { mode: 'shared' }, () => over);
    this.#channel.postMessage(null);
    this.onVisible();
  }
}
