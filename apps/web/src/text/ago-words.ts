const units: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', 24 * 60 * 60 * 1000],
  ['hour', 60 * 60 * 1000],
  ['minute', 60 * 1000],
];

/** How long ago `atMs` was, in the largest whole unit; a month and more as a date. Clocks may differ, so the future is 'just now'. */
export function agoWords(atMs: number, nowMs: number, locale?: string): string {
  const elapsed = nowMs - atMs;
  const [found] = units.filter(([, ms]) => elapsed >= ms);
  if (found === undefined) return 'just now';
  const [unit, ms] = found;
  const count = Math.floor(elapsed / ms);
  if (unit === 'day' && count >= 30) return `on ${dateWords(atMs, locale)}`;
  return new Intl.RelativeTimeFormat(locale ?? 'en', { numeric: 'auto' }).format(-count, unit);
}

export function dateWords(atMs: number, locale?: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }).format(atMs);
}
