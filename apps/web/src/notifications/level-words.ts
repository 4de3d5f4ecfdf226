import type { NotificationLevel } from '@undertone/client/view';

export const levelWords: Record<NotificationLevel, string> = {
  all: 'All messages',
  mentions: 'Mentions only',
  none: 'Nothing',
};
