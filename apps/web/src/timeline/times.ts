import type { TimestampMs } from '@undertone/protocol';

const time = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });
const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const dayAndYear = new Intl.DateTimeFormat(undefined, { dateStyle: 'full' });
const relativeDay = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });

export const shortTime = (at: TimestampMs): string => time.format(at);
export const exactTime = (at: TimestampMs): string => exact.format(at);

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
