import type { AccountId } from '@undertone/protocol';

/** Rounds of SHA-512 that make it costly to search for a look-alike number. */
const rounds = 5_200;
const chunks = 6;

async function half(account: AccountId, root: Uint8Array): Promise<string> {
  const seed = new TextEncoder().encode(`undertone safety number 1\n${account}\n`);
  let input = new Uint8Array(seed.length + root.length);
  input.set(seed);
  input.set(root, seed.length);
  let digest = new Uint8Array(64);
  for (let round = 0; round < rounds; round++) {
    digest = new Uint8Array(await crypto.subtle.digest('SHA-512', input));
    if (round === 0) {
      input = new Uint8Array(digest.length + seed.length + root.length);
      input.set(seed, digest.length);
      input.set(root, digest.length + seed.length);
    }
    input.set(digest);
  }
  // Five digits from each five bytes: 2^40 is so much more than 10^5 that no digit is noticeably likelier.
  let digits = '';
  for (let chunk = 0; chunk < chunks; chunk++) {
    const value = digest.subarray(chunk * 5, chunk * 5 + 5).reduce((sum, byte) => sum * 256 + byte, 0);
    digits += String(value % 100_000).padStart(5, '0');
  }
  return digits;
}

/**
 * The 60 digits that two people compare, in groups of five (SPEC I6). The same for both, whoever asks; different if either
 * identity's root differs.
 */
export async function safetyNumber(
  one: { readonly account: AccountId; readonly root: Uint8Array },
  other: { readonly account: AccountId; readonly root: Uint8Array },
): Promise<string> {
  const halves = await Promise.all([half(one.account, one.root), half(other.account, other.root)]);
  return (halves.sort().join('').match(/.{5}/g) ?? []).join(' ');
}
