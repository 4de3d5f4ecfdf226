import type { TransferView } from '@undertone/client/view';

const units = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const;

/** A size as people say it: three figures at most. A megabyte has 1,024 × 1,024 bytes, as file managers count. */
export function sizeWords(bytes: number): string {
  if (bytes === 1) return '1 byte';
  let unit = 0;
  let amount = Math.max(0, bytes);
  // What would be rounded to 1024 is one of the next unit.
  while (amount >= 1_023.5 && unit < units.length - 1) {
    amount /= 1_024;
    unit += 1;
  }
  const figure = unit > 0 && amount < 9.95 ? amount.toFixed(1).replace(/\.0$/, '') : String(Math.round(amount));
  return `${figure} ${units[unit]}`;
}

export const speedWords = (bytesPerSecond: number): string => `${sizeWords(bytesPerSecond)}/s`;

/** Roughly how long it still takes, so that it does not flicker; `undefined` where nobody knows. */
export function timeLeftWords(bytesLeft: number, bytesPerSecond: number | null): string | undefined {
  if (bytesPerSecond === null || bytesPerSecond <= 0) return undefined;
  const seconds = bytesLeft / bytesPerSecond;
  if (seconds < 5) return 'seconds left';
  if (seconds < 55) return `${Math.ceil(seconds / 5) * 5} s left`;
  if (seconds < 55 * 60) return `${Math.ceil(seconds / 60)} min left`;
  if (seconds < 24 * 3_600) return `${Math.ceil(seconds / 3_600)} h left`;
  return 'more than a day left';
}

/** `0:07`, `12:34`, `1:02:03`. */
export function durationWords(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  const two = (n: number) => String(n).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/** Whole percent of a transfer; 100 only when all is there. */
export function percentOf({ doneBytes, totalBytes }: Pick<TransferView, 'doneBytes' | 'totalBytes'>): number {
  if (totalBytes <= 0) return 0;
  return Math.max(0, Math.min(100, Math.floor((doneBytes / totalBytes) * 100)));
}

/** One line about a transfer that goes on: how much, how fast, how long still. */
export function transferWords(transfer: TransferView): string {
  const total = sizeWords(transfer.totalBytes);
  if (transfer.state === 'preparing') return `Encrypting ${total} …`;
  if (transfer.state === 'waiting') return `Waiting · ${total}`;
  const left = timeLeftWords(transfer.totalBytes - transfer.doneBytes, transfer.bytesPerSecond);
  return [
    `${sizeWords(transfer.doneBytes)} of ${total}`,
    ...(transfer.bytesPerSecond === null ? [] : [speedWords(transfer.bytesPerSecond)]),
    ...(left === undefined ? [] : [left]),
  ].join(' · ');
}
