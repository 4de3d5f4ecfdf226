const marks = /\p{M}+/gu;

const folded = (text: string): string => text.toLowerCase().normalize('NFKD').replace(marks, '');

/** How well `name` answers `query`: larger is better, 0 is not at all. */
export function rank(name: string, query: string): number {
  const wanted = folded(query.trim());
  const text = folded(name);
  if (wanted === '') return 1;
  if (text === wanted) return 6;
  if (text.startsWith(wanted)) return 5;
  const words = text.split(/[^\p{L}\p{N}]+/u);
  if (words.some((word) => word.startsWith(wanted))) return 4;
  const parts = wanted.split(/\s+/);
  if (parts.every((part) => words.some((word) => word.startsWith(part)))) return 3;
  if (text.includes(wanted)) return 2;
  // The letters in their order, whatever stands between: 'grn' for 'garden'.
  let at = 0;
  for (const letter of wanted) {
    at = text.indexOf(letter, at) + 1;
    if (at === 0) return 0;
  }
  return 1;
}
