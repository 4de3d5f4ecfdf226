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

/** Which emoji a person likes is theirs: gone with everything else when they remove it from this browser. */
export function forgetEmoji(): void {
  try {
    localStorage.removeItem(key);
    // The picker's own: the emoji data, its favourites and the skin tone.
    indexedDB.deleteDatabase('emoji-picker-element-en');
  } catch {
    // There is nothing to forget where storage is refused.
  }
}
