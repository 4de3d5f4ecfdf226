import type { AccountId } from '@undertone/protocol';
import type { UnlockedKey } from '@undertone/vault';

/** Workers only listen here; pages have no use for it. */
const channelName = 'undertone-unlocked';

type HandoverMessage =
  | { readonly kind: 'ask' }
  | { readonly kind: 'key'; readonly account: AccountId; readonly key: UnlockedKey }
  | { readonly kind: 'forget'; readonly account: AccountId };

/**
 * The keys of unlocked vaults, known to the workers of all tabs, so that the vault stays open when the tab whose worker is the core is
 * closed and another one takes over. They are handles that cannot be taken out, and are never stored: with the last tab they are gone.
 */
export class KeyHandover {
  readonly #channel = new BroadcastChannel(channelName);
  readonly #keys = new Map<AccountId, UnlockedKey>();

  constructor() {
    this.#channel.onmessage = ({ data }: MessageEvent<HandoverMessage>) => this.#receive(data);
    this.#post({ kind: 'ask' });
  }

  /** The key of an account's vault, as far as any worker had it. */
  keyOf(account: AccountId): UnlockedKey | undefined {
    return this.#keys.get(account);
  }

  /** The core unlocked a vault, or forgot its key: everyone does the same. */
  changed(account: AccountId, key: UnlockedKey | null): void {
    const message: HandoverMessage = key === null ? { kind: 'forget', account } : { kind: 'key', account, key };
    this.#receive(message);
    this.#post(message);
  }

  #post(message: HandoverMessage): void {
    this.#channel.postMessage(message);
  }

  #receive(message: HandoverMessage): void {
    switch (message.kind) {
      case 'ask':
        for (const [account, key] of this.#keys) this.#post({ kind: 'key', account, key });
        break;
      case 'key':
        this.#keys.set(message.account, message.key);
        break;
      case 'forget':
        this.#keys.delete(message.account);
        break;
      default:
        message satisfies never;
    }
  }
}
