import type { MessageRow, NotificationLevel, Preferences, RoomView } from '@undertone/client/view';
import type { AccountId } from '@undertone/protocol';

type Kind = Pick<RoomView, 'id' | 'kind'>;

/** What holds for rooms, or for threads, that have no level of their own. */
export function generalLevel(room: Pick<RoomView, 'kind'>, preferences: Preferences): NotificationLevel {
  return room.kind === 'thread' ? preferences.threadLevel : preferences.roomLevel;
}

export function levelOf(room: Kind, preferences: Preferences): NotificationLevel {
  return preferences.levels[room.id] ?? generalLevel(room, preferences);
}

/** Whether a message is worth a notification at this level. */
export function isTold(
  message: Pick<MessageRow, 'own' | 'deleted' | 'mentions'>,
  level: NotificationLevel,
  me: AccountId | null,
): boolean {
  if (message.own || message.deleted || level === 'none') return false;
  return level === 'all' || (me !== null && message.mentions.includes(me));
}

export interface Badge {
  /** What waits for an answer: all of what is told at 'all', mentions at 'mentions'. */
  readonly count: number;
  /** There is more that is unread: a dot. */
  readonly more: boolean;
}

/** What a room's unread messages come to. A muted room comes to nothing. */
export function badgeOf(room: Pick<RoomView, 'unread' | 'unreadMentions'>, level: NotificationLevel): Badge {
  if (level === 'none') return { count: 0, more: false };
  if (level === 'all') return { count: room.unread, more: false };
  return { count: room.unreadMentions, more: room.unread > room.unreadMentions };
}

/** The whole app's badge: nothing is counted that no room shows. */
export function badgeOfAll(rooms: Iterable<RoomView>, preferences: Preferences): Badge {
  let count = 0;
  let more = false;
  for (const room of rooms) {
    const badge = badgeOf(room, levelOf(room, preferences));
    count += badge.count;
    more ||= badge.more;
  }
  return { count, more };
}

/** `(3) Lobby · Undertone`, `• Lobby · Undertone`, `Lobby · Undertone`, `Undertone`. */
export function pageTitle(place: string | null, { count, more }: Badge): string {
  const sign = count > 0 ? `(${count}) ` : more ? '• ' : '';
  return `${sign}${place === null ? '' : `${place} · `}Undertone`;
}
