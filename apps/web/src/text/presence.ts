import type { PresenceState } from '@undertone/client/view';
import type { AccountId, TimestampMs } from '@undertone/protocol';
import { agoWords } from './ago-words.ts';

export const presenceWords: Record<PresenceState, string> = {
  online: 'Online',
  away: 'Away',
  offline: 'Offline',
  unknown: 'Presence not known',
};

interface Known {
  readonly me: AccountId | null;
  readonly presence: { get(account: AccountId): PresenceState | undefined };
}

/** Oneself is here, whatever the server says. */
export function presenceOf(account: AccountId, { me, presence }: Known): PresenceState {
  return account === me ? 'online' : (presence.get(account) ?? 'unknown');
}

export interface PresenceGroup {
  readonly presence: PresenceState;
  readonly accounts: readonly AccountId[];
}

/** Those who are online, away, offline and not known, each by name; groups of nobody are left out. */
export function groupByPresence(
  accounts: readonly AccountId[],
  known: Known,
  nameOf: (account: AccountId) => string,
): PresenceGroup[] {
  const people = accounts
    .map((account) => ({ account, name: nameOf(account), presence: presenceOf(account, known) }))
    .sort((a, b) => a.name.localeCompare(b.name));
  return (['online', 'away', 'offline', 'unknown'] as const)
    .map((presence) => ({
      presence,
      accounts: people.filter((person) => person.presence === presence).map(({ account }) => account),
    }))
    .filter(({ accounts: some }) => some.length > 0);
}

/** `Last seen 5 minutes ago`; the server knows it to the minute, so less than two minutes is 'just now'. */
export function lastSeenWords(at: TimestampMs, now: TimestampMs): string {
  return `Last seen ${now - at < 120_000 ? 'just now' : agoWords(at, now)}`;
}
