import type { RoomId } from '@undertone/protocol';

/** What is told of a room's messages while the tab is hidden. */
export type NotificationLevel = 'all' | 'mentions' | 'none';

/** Choices of the person, kept encrypted on this browser. */
export interface Preferences {
  /** Tell others in threads what was read, and see what they read. */
  readonly readReceipts: boolean;
  /** Tell others that one types, and see that they do. */
  readonly typing: boolean;
  /** Show notifications while no tab is in view (the browser's permission is asked for besides). */
  readonly notifications: boolean;
  readonly sound: boolean;
  /** Show who and what in notifications, or just that something came. */
  readonly notificationContent: boolean;
  readonly threadLevel: NotificationLevel;
  readonly roomLevel: NotificationLevel;
  /** Rooms with a level of their own. */
  readonly levels: Readonly<Record<RoomId, NotificationLevel>>;
  /** Remove location and camera data from pictures before they are sent. */
  readonly stripMetadata: boolean;
}

/** Fields to change; a null level gives the room the general one again. */
export type PreferencesChange = Partial<Omit<Preferences, 'levels'>> & {
  readonly levels?: Readonly<Record<RoomId, NotificationLevel | null>>;
};

export const defaultPreferences: Preferences = {
  readReceipts: true,
  typing: true,
  notifications: false,
  sound: false,
  notificationContent: true,
  threadLevel: 'all',
  roomLevel: 'mentions',
  levels: {},
  stripMetadata: true,
};
