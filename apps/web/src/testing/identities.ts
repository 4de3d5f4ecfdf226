import {
  CoreError,
  type DifferenceView,
  type DoubtView,
  type IdentityView,
  type PersonView,
} from '@undertone/client/view';
import type { AccountId, TimestampMs } from '@undertone/protocol';
import { fakeDevice } from './rows.ts';

const hexOf = (account: AccountId, turn: number): string => `${account.replaceAll('-', '')}${turn}`.padEnd(64, '0');

export const fakeDoubt = (account: AccountId, reason: DoubtView['reason']): DoubtView => ({
  account,
  reason,
  root: hexOf(account, 0),
  head: hexOf(account, 0),
});

export const fakeDifference = (account: AccountId, from: TimestampMs, to: TimestampMs): DifferenceView => ({
  key: `difference ${account}`,
  account,
  device: fakeDevice,
  from,
  to,
});

/** The fake core's identities: each account has one, until a test changes it. */
export class FakeIdentities {
  readonly #people: ReadonlyMap<AccountId, PersonView>;
  readonly #turns = new Map<AccountId, number>();

  constructor(people: ReadonlyMap<AccountId, PersonView>) {
    this.#people = people;
  }

  view(account: AccountId): IdentityView {
    const turn = this.#turns.get(account) ?? 0;
    const person = this.#people.get(account);
    const digits = [...account.replaceAll('-', '')]
      .map((char) => String((Number.parseInt(char, 16) + turn * 17) % 100).padStart(2, '0'))
      .join('');
    return {
      account,
      trust: person?.trust ?? 'known',
      root: hexOf(account, turn),
      head: hexOf(account, turn),
      username: person?.username ?? null,
      safetyNumber: digits.slice(0, 60).replace(/.{5}(?=.)/g, '$& '),
    };
  }

  change(account: AccountId): void {
    this.#turns.set(account, (this.#turns.get(account) ?? 0) + 1);
  }

  /** @throws {CoreError} `identity_changed` where the account's identity is another one. */
  expect(account: AccountId, root: string, head = root): void {
    const now = this.view(account);
    if (now.root !== root || now.head !== head) throw identityChanged();
  }

  /** @throws {CoreError} `identity_changed` where one of them has an identity that nobody looked at. */
  refuseChanged(accounts: readonly AccountId[]): void {
    if (accounts.some((account) => this.#people.get(account)?.trust === 'changed')) throw identityChanged();
  }
}

const identityChanged = (): CoreError =>
  new CoreError({ code: 'identity_changed', message: 'A safety number changed.' });
