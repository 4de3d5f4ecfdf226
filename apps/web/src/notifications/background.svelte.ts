import type { App } from '../app/app.svelte.ts';
import type { ChatState } from '../state/chat-state.svelte.ts';
import { followActivity } from './activity.ts';
import { faviconOf } from './favicon.ts';
import { badgeOfAll } from './levels.ts';
import { Notifier } from './notifier.ts';
import { Tabs } from './tabs.ts';

const followed = new WeakSet<ChatState>();

/** The app's icon, in the tab and on the desktop. Only derived from what the rooms say is unread. */
function showBadge(chat: ChatState): void {
  const badge =
    chat.session.phase === 'ready' ? badgeOfAll(chat.rooms.values(), chat.preferences) : { count: 0, more: false };
  const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  const icon = faviconOf(badge);
  if (link && link.getAttribute('href') !== icon) link.href = icon;
  // Refused where the app is not installed, which is no failure.
  if (badge.count > 0) navigator.setAppBadge?.(badge.count).catch(() => undefined);
  else navigator.clearAppBadge?.().catch(() => undefined);
}

/** What goes on for as long as the page lives, whatever it shows: notifications, badges, and telling that someone is here. */
export function followInBackground(app: App, chat: ChatState): void {
  if (followed.has(chat)) return;
  followed.add(chat);
  followActivity(chat.core);
  const notifier = new Notifier(chat, app.router, new Tabs());
  $effect.root(() => {
    $effect(() => showBadge(chat));
    $effect(() => notifier.closeRead());
  });
}
