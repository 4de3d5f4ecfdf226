import type { AccountId } from '@undertone/protocol';

/** Letters, marks, digits and single separators between (the rule of usernames). */
const word = /(?<![\p{L}\p{M}\p{N}_@/.-])@([\p{L}\p{M}\p{N}]+(?:[._-][\p{L}\p{M}\p{N}]+)*)/gu;

/** How usernames are compared: `@Ada` means `ada`. */
export const mentionKey = (username: string): string => username.normalize('NFKC').toLocaleLowerCase('en');

/** A stretch of text, and the account that it names, if it names one. */
export interface MentionPart {
  readonly text: string;
  readonly account: AccountId | null;
}

/** `text` cut at every `@username` of `accounts` (by `mentionKey`) that stands as a whole word. */
export function mentionParts(text: string, accounts: ReadonlyMap<string, AccountId>): readonly MentionPart[] {
  const parts: MentionPart[] = [];
  let from = 0;
  if (accounts.size > 0 && text.includes('@')) {
    for (const match of text.matchAll(word)) {
      const account = accounts.get(mentionKey(match[1] ?? ''));
      if (account === undefined) continue;
      if (match.index > from) parts.push({ text: text.slice(from, match.index), account: null });
      from = match.index + match[0].length;
      parts.push({ text: match[0], account });
    }
  }
  if (from < text.length) parts.push({ text: text.slice(from), account: null });
  return parts;
}

/** The accounts that `text` mentions, each once, in order, at most `most`. */
export function mentionedIn(
  text: string,
  accounts: ReadonlyMap<string, AccountId>,
  most: number,
): readonly AccountId[] {
  const found = new Set<AccountId>();
  for (const { account } of mentionParts(text, accounts)) if (account !== null) found.add(account);
  return [...found].slice(0, most);
}
