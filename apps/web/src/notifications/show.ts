import type { NotificationWords } from './sentences.ts';

/** The sound is the app's own, where one wants it; a newer notification of the same tag takes the older one's place and is noticed. */
type Options = NotificationOptions & { readonly renotify?: boolean };

/** Null where the browser shows none from a page (Chrome for Android). */
export function showNotification({ title, body }: NotificationWords, tag: string): Notification | null {
  const options: Options = { body, tag, renotify: true, silent: true, icon: '/icon-192.png' };
  try {
    return new Notification(title, options);
  } catch {
    return null;
  }
}
