const key = 'undertone.emoji';
const kept = 24;
const usual: readonly string[] = ['👍', '❤️', '😂', '🎉', '😮', '😢', '🙏', '👀'];

type Counts = readonly (readonly [emoji: string, count: number])[];

function read(): Counts {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? '[]');
    return Array.isArray(value) ? (value as Counts) : [];
  } catch {
    return [];
  }
}

/** The person's `most` most used emoji, filled up with common ones. */
export function frequentEmoji(most: number): readonly string[] {
  const own = read()
    .toSorted((a, b) => b[1] - a[1])
    .map(([emoji]) => emoji);
  return [...new Set([...own, ...usual])].slice(0, most);
}

/** What was used last counts most: everything else fades a little with each use. */
export function countEmoji(emoji: string): void {
  const counts = read().map(([one, count]) => [one, count * 0.97] as const);
  const before = counts.find(([one]) => one === emoji)?.[1] ?? 0;
  const next: Counts = [[emoji, before + 1], ...counts.filter(([one]) => one !== emoji)];
  try {
    localStorage.setItem(key, JSON.stringify(next.slice(0, kept)));
  } catch {
    // Storage is refused: the usual ones stay.
  }
}

/** The picker's own: the emoji data, its favourites and the skin tone. */
const pickerDatabase = 'emoji-picker-element-en';
/** A picker that is open in another tab closes its connection when it is asked to; how long that is waited for. */
const closeMs = 5_000;

/** Which emoji a person likes is theirs: gone with everything else when they remove it from this browser. Rejects if it may still be there. */
export async function forgetEmoji(): Promise<void> {
  try {
    localStorage.removeItem(key);
  } catch {
    // There is nothing to forget where storage is refused.
    return;
  }
  await new Promise<void>((resolve, reject) => {
    const request = indexedDB.deleteDatabase(pickerDatabase);
    const timer = setTimeout(() => reject(new DOMException('in use', 'TimeoutError')), closeMs);
    request.onsuccess = () => {
      clearTimeout(timer);
      resolve();
    };
    request.onerror = () => {
      clearTimeout(timer);
      reject(request.error);
    };
  });
}
