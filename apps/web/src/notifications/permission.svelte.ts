/** What the browser lets this site show. `unsupported`: it has no notifications for pages. */
export type NotificationAccess = NotificationPermission | 'unsupported';

export const accessNow = (): NotificationAccess =>
  'Notification' in globalThis ? Notification.permission : 'unsupported';

/** The browser's permission as state; it changes in the browser's own settings, too. */
export class NotificationAccessState {
  #access = $state<NotificationAccess>(accessNow());

  get current(): NotificationAccess {
    return this.#access;
  }

  /** Follow the browser's settings; returns the function that ends it. */
  follow(): () => void {
    const read = () => {
      this.#access = accessNow();
    };
    let status: PermissionStatus | undefined;
    let over = false;
    navigator.permissions?.query({ name: 'notifications' }).then(
      (found) => {
        if (over) return;
        status = found;
        status.addEventListener('change', read);
      },
      // A browser that does not tell of changes: what is known is read when one asks.
      () => undefined,
    );
    return () => {
      over = true;
      status?.removeEventListener('change', read);
    };
  }

  /** Ask the person, where they were not asked yet. Only ever after a click. */
  async ask(): Promise<NotificationAccess> {
    if (accessNow() === 'default') await Notification.requestPermission();
    this.#access = accessNow();
    return this.#access;
  }
}
