/** Whether the tab is in view. */
export class PageVisibility {
  #visible = $state(document.visibilityState === 'visible');

  get visible(): boolean {
    return this.#visible;
  }

  /** Follow the page; returns the function that ends it. */
  follow(): () => void {
    const changed = () => {
      this.#visible = document.visibilityState === 'visible';
    };
    document.addEventListener('visibilitychange', changed);
    return () => document.removeEventListener('visibilitychange', changed);
  }
}
