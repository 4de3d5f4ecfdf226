import type { TimestampMs } from '@undertone/protocol';

const time = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });
const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const dayAndYear = new Intl.DateTimeFormat(undefined, { dateStyle: 'full' });
const calendar = new Intl.DateTimeFormat(undefined, { dateStyle: 'long' });
const nearDay = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const relativeDay = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });

export const shortTime = (at: TimestampMs): string => time.format(at);
export const exactTime = (at: TimestampMs): string => exact.format(at);
/** `3 March 2026` */
export const calendarDay = (at: TimestampMs): string => calendar.format(at);

const startOfDay = (at: TimestampMs): number => new Date(at).setHours(0, 0, 0, 0);

/** `Today`, `Yesterday`, `Monday, 3 March`, with the year when it is not this one. */
export function dayLabel(at: TimestampMs, now: TimestampMs): string {
  const days = Math.round((startOfDay(at) - startOfDay(now)) / 86_400_000);
  if (days === 0 || days === -1) {
    const word = relativeDay.format(days, 'day');
    return word.charAt(0).toLocaleUpperCase() + word.slice(1);
  }
  return new Date(at).getFullYear() === new Date(now).getFullYear() ? day.format(at) : dayAndYear.format(at);
}

/** When a message was written, beside the time `at` which the server gave it: the day only where it is another one. */
export function writtenTime(writtenAt: TimestampMs, at: TimestampMs): string {
  const sameDay = startOfDay(writtenAt) === startOfDay(at);
  if (sameDay) return shortTime(writtenAt);
  const sameYear = new Date(writtenAt).getFullYear() === new Date(at).getFullYear();
  return `${(sameYear ? nearDay : calendar).format(writtenAt)}, ${shortTime(writtenAt)}`;
}
