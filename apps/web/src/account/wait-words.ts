const unit = (count: number, name: string): string => `${count} ${name}${count === 1 ? '' : 's'}`;

/** Whole seconds from `nowMs` to `untilMs`, rounded up, so that 0 means that the wait is over. */
export function secondsLeft(untilMs: number, nowMs: number): number {
  return Math.max(0, Math.ceil((untilMs - nowMs) / 1000));
}

/** A wait in words: two units at most. */
export function waitWords(seconds: number): string {
  if (seconds < 60) return unit(seconds, 'second');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60)
    return [unit(minutes, 'minute'), seconds % 60 > 0 && unit(seconds % 60, 'second')].filter(Boolean).join(' ');
  const hours = Math.floor(minutes / 60);
  return [unit(hours, 'hour'), minutes % 60 > 0 && unit(minutes % 60, 'minute')].filter(Boolean).join(' ');
}
