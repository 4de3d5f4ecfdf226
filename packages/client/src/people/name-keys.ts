import { skeleton } from '@undertone/protocol/username-key';

/** Spaces, what cannot be seen, and punctuation at the ends: none of it tells one name from another. */
const unseen = /[\p{Z}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]+/gu;
const edges = /^\p{P}+|\p{P}+$/gu;

const fold = (text: string): string => text.toUpperCase().toLowerCase().replaceAll('ς', 'σ');

/**
 * What makes two names look the same: names that share a key do. As with usernames (SPEC A1) there is one key without regard to case,
 * and one for pairs that look alike in one case only (`Ian` and `lan`). Empty where there is nothing to see.
 */
export function nameKeys(name: string): readonly string[] {
  const bare = name.normalize('NFKC').replace(unseen, '').replace(edges, '');
  const keys = [fold(skeleton(fold(bare))), fold(skeleton(bare))].filter((key) => key !== '');
  return [...new Set(keys)];
}
