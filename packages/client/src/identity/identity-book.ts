import { activeDevices, parseIdentity, type VerifiedKeyLog, verifyKeyLog } from '@undertone/identity';
import type { IdentityService } from '@undertone/mls/profile';
import { AccountId, type DeviceId, equalBytes, fromBase64url, type KeyLog, limits } from '@undertone/protocol';
import type { Vault } from '@undertone/vault';
import { toHex, unshared } from '../bytes.ts';
import { Serial } from '../room/serial.ts';
import { CoreError } from '../view/core.ts';
import type { PersonView } from '../view/index.ts';
import {
  headHex,
  isChanged,
  type KnownIdentity,
  type KnownLog,
  logOfDevice,
  ownIdentity,
  pinnedLog,
  rootHex,
  shownLog,
  withAccepted,
  withOffered,
  withOwnOffered,
} from './known-identity.ts';
import { decodeIdentityRecord, encodeIdentityRecord } from './stored-identity.ts';

/** This device and the key log of its account, which needs nobody's word. */
export interface OwnIdentity {
  readonly device: DeviceId;
  readonly log: VerifiedKeyLog;
}

export interface IdentitySource {
  keyLogs(accounts: readonly string[]): Promise<{ logs: KeyLog[] }>;
}

/** Whether the look-alike key that a log claims is that of its username (SPEC K10). */
export type SkeletonCheck = (username: string, skeleton: string) => Promise<boolean>;

interface Options {
  readonly source: IdentitySource;
  readonly vault: Vault;
  readonly changed: (account: AccountId) => void;
  readonly isSkeleton: SkeletonCheck;
  readonly self?: OwnIdentity;
}

const notYours = (): CoreError =>
  new CoreError({
    code: 'identity_changed',
    message: 'This device is not yours: it uses your name with other keys. Remove it from the chat.',
  });

const notTheOneShown = (): CoreError =>
  new CoreError({
    code: 'identity_changed',
    message: 'Their safety number has just changed. Look at the new one, then decide again.',
  });

/**
 * Who stands behind which key (SPEC I4, I5, I8, I10, K4-K12). One key log of an account is pinned, and none is ever forgotten, so a server
 * that hides, swaps or forks key logs is noticed. It is the authentication service of every group: it says whose key a leaf holds. Whether
 * that person belongs into a thread is decided by the thread's own list of who is accepted there.
 */
export class IdentityBook implements IdentityService {
  readonly #options: Options;
  readonly #known: Map<AccountId, KnownIdentity>;
  /** The accounts whose pinned username has this look-alike key, the first met first. */
  readonly #skeletons = new Map<string, AccountId[]>();
  readonly #loading = new Map<AccountId, Promise<void>>();
  /** The newest entry of an account's log that a message named and the server was asked for, in hex. */
  readonly #heard = new Map<AccountId, string>();
  /** What is known of an account is read, changed and written as one step. */
  readonly #serial = new Serial();

  private constructor(options: Options, known: Map<AccountId, KnownIdentity>) {
    this.#options = options;
    this.#known = known;
    for (const account of known.keys()) this.#noteSkeleton(account);
  }

  static async open(options: Options): Promise<IdentityBook> {
    const known = new Map<AccountId, KnownIdentity>();
    for (const { key, value } of await options.vault.scan<unknown>('identities')) {
      const account = AccountId.parse(key);
      const identity = decodeIdentityRecord(account, value);
      if (identity !== undefined) known.set(account, identity);
    }
    const { self } = options;
    if (self !== undefined) known.set(self.log.account, ownIdentity(known.get(self.log.account), self.log));
    return new IdentityBook(options, known);
  }

  /** Fetch the key logs of accounts that are not known yet, in few requests. */
  async load(accounts: Iterable<AccountId>): Promise<void> {
    const missing = [...new Set(accounts)].filter((account) => !this.#known.has(account));
    const waits = missing.flatMap((account) => this.#loading.get(account) ?? []);
    const fresh = missing.filter((account) => !this.#loading.has(account));
    for (let i = 0; i < fresh.length; i += limits.batchAccounts) {
      const batch = fresh.slice(i, i + limits.batchAccounts);
      const wait = this.refresh(batch).finally(() => {
        for (const account of batch) this.#loading.delete(account);
      });
      for (const account of batch) this.#loading.set(account, wait);
      waits.push(wait);
    }
    await Promise.all(waits);
  }

  /** Ask for the key logs of these accounts again, and note what is new in them. */
  async refresh(accounts: readonly AccountId[]): Promise<void> {
    if (accounts.length === 0) return;
    const { logs } = await this.#options.source.keyLogs(accounts);
    for (const account of accounts) {
      const offered = logs.filter((log) => log.account === account).sort((a, b) => a.root - b.root);
      const verified = await Promise.all(offered.map((log) => this.#verify(account, log)));
      const proved = verified.filter((log) => log !== undefined);
      await this.#serial.run(() => this.#merge(account, proved));
    }
  }

  /** A log that proves nothing gives no keys: its devices fail authentication, which is where the person sees it. */
  async #verify(account: AccountId, { entries }: KeyLog): Promise<VerifiedKeyLog | undefined> {
    try {
      const log = await verifyKeyLog(account, entries.map(fromBase64url));
      const { username, skeleton } = log;
      if (username === null || skeleton === null) return log;
      return (await this.#options.isSkeleton(username, skeleton)) ? log : undefined;
    } catch {
      return undefined;
    }
  }

  async #merge(account: AccountId, offered: readonly VerifiedKeyLog[]): Promise<void> {
    const known = this.#known.get(account);
    const own = this.#options.self?.log.account === account;
    const merged = known !== undefined && own ? withOwnOffered(known, offered) : withOffered(known, offered);
    if (merged === undefined || merged === known) return;
    // A version 1 log has no skeleton: it is compared when the account first shows one.
    const named = (known && pinnedLog(known)?.skeleton) != null;
    await this.#save(account, named ? merged : { ...merged, twin: merged.twin || this.#isTaken(account, merged) });
  }

  /** Whether an account that is met for the first time has the username, or one that looks like it, of another that is known. */
  #isTaken(account: AccountId, identity: KnownIdentity): boolean {
    const skeleton = pinnedLog(identity)?.skeleton;
    const holders = skeleton == null ? [] : (this.#skeletons.get(skeleton) ?? []);
    return holders.some((other) => other !== account);
  }

  #noteSkeleton(account: AccountId): void {
    const identity = this.#known.get(account);
    const skeleton = identity && pinnedLog(identity)?.skeleton;
    if (skeleton == null) return;
    const holders = this.#skeletons.get(skeleton) ?? [];
    if (!holders.includes(account)) this.#skeletons.set(skeleton, [...holders, account]);
  }

  async #save(account: AccountId, identity: KnownIdentity): Promise<void> {
    await this.#options.vault.write([{ store: 'identities', key: account, value: encodeIdentityRecord(identity) }]);
    this.#known.set(account, identity);
    this.#noteSkeleton(account);
    this.#options.changed(account);
  }

  /** The key log that names a device, of those whose keys count (SPEC I10). */
  logOf(account: AccountId, device: DeviceId): KnownLog | undefined {
    const identity = this.#known.get(account);
    return identity && logOfDevice(identity, device);
  }

  /** The signature key of a device, by any log of its account: it has the same key in all whose keys count (SPEC I10). */
  deviceKey(account: AccountId, device: DeviceId): Uint8Array<ArrayBuffer> | undefined {
    return this.logOf(account, device)?.log.devices.get(device)?.key;
  }

  /** Hex root of the log that names a device with just this key: the identity that it speaks for. */
  rootOf(account: AccountId, device: DeviceId, key: Uint8Array): string | undefined {
    const log = this.logOf(account, device)?.log;
    const named = log?.devices.get(device)?.key;
    return log !== undefined && named !== undefined && equalBytes(named, key) ? rootHex(log) : undefined;
  }

  /** The devices by which an account is reached now: those of its pinned log that were not removed. */
  devices(account: AccountId): DeviceId[] {
    const log = this.pinned(account);
    return log === undefined ? [] : activeDevices(log).map(({ device }) => device);
  }

  /** Whether a device speaks for its account no more: it was removed, or the account is another identity's now. */
  isOver(account: AccountId, device: DeviceId): boolean {
    const known = this.logOf(account, device);
    if (known === undefined) return false;
    return (
      known.standing === 'past' || known.standing === 'claimed' || known.log.devices.get(device)?.removedAt !== null
    );
  }

  /** Whether this is the account that this device belongs to. */
  isOwn(account: AccountId): boolean {
    return this.#options.self?.log.account === account;
  }

  /** Whether only the server says that the device ever was the account's (SPEC I8). */
  isFormer(account: AccountId, device: DeviceId): boolean {
    return this.logOf(account, device)?.standing === 'claimed';
  }

  /** Like `deviceKey`, asking the server once if the device is not known. */
  async fetchDeviceKey(account: AccountId, device: DeviceId): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const known = this.deviceKey(account, device);
    if (known !== undefined) return known;
    if (this.#known.has(account)) await this.refresh([account]);
    else await this.load([account]);
    return this.deviceKey(account, device);
  }

  /**
   * The authentication service of RFC 9420 §5.3.1 (SPEC I4, K7): whether a log of the account names the device with this key. It does not
   * depend on how new a log is held, nor on what the person accepted, so that it cannot split a group.
   */
  async validate(identity: Uint8Array, signatureKey: Uint8Array): Promise<boolean> {
    const parsed = parseIdentity(unshared(identity));
    if (parsed === undefined) return false;
    const key = await this.fetchDeviceKey(parsed.account, parsed.device);
    return key !== undefined && equalBytes(key, signatureKey);
  }

  /** A message of `device` names the newest entry of its account's log that it knew (SPEC K6). Asks the server where that is news. */
  async heard(account: AccountId, device: DeviceId, head: { index: number; hash: Uint8Array }): Promise<void> {
    const known = this.logOf(account, device);
    if (known === undefined || account === this.#options.self?.log.account) return;
    const agrees = (log: VerifiedKeyLog): boolean => {
      const held = log.hashes[head.index];
      return held !== undefined && equalBytes(held, head.hash);
    };
    const hex = toHex(head.hash);
    // What the server does not give at once, it is not asked for with every message.
    if (agrees(known.log) || this.#heard.get(account) === hex) return;
    await this.refresh([account]);
    this.#heard.set(account, hex);
    await this.#serial.run(async () => {
      const identity = this.#known.get(account);
      const log = this.logOf(account, device)?.log;
      // The device holds another log than the one that the server gives: the server shows two of them.
      const differs = log?.version === 2 && log.hashes[head.index] !== undefined && !agrees(log);
      if (identity === undefined || !differs || identity.fork !== null || identity.passedForks.includes(hex)) return;
      await this.#save(account, { ...identity, fork: { head: hex, entries: [] } });
    });
  }

  trust(account: AccountId): PersonView['trust'] {
    const identity = this.#known.get(account);
    if (identity === undefined) return 'known';
    if (isChanged(identity)) return 'changed';
    return identity.verified ? 'verified' : 'known';
  }

  /**
   * What of an account's identity the person has to look at, if anything. Nothing of one's own, whatever the server shows: no other log can
   * take the place of this device's (SPEC K9), and a leaf of another one is a stranger's.
   */
  concern(account: AccountId): 'changed' | 'forked' | 'needs_newer' | undefined {
    const identity = this.#known.get(account);
    if (identity === undefined || account === this.#options.self?.log.account) return undefined;
    if (identity.fork !== null) return 'forked';
    if (isChanged(identity)) return 'changed';
    return pinnedLog(identity)?.needsNewer ? 'needs_newer' : undefined;
  }

  /** The log whose safety number is shown, and which can be accepted. */
  shown(
    account: AccountId,
  ): { readonly log: VerifiedKeyLog; readonly root: string; readonly head: string } | undefined {
    const identity = this.#known.get(account);
    const log = identity && shownLog(identity);
    return log && { log, root: rootHex(log), head: headHex(log) };
  }

  /** The username that the account's own log names (SPEC K10). */
  username(account: AccountId): string | null {
    return this.pinned(account)?.username ?? null;
  }

  /** The log that counts for an account; of one's own, the one that this device stored itself, whatever the server shows (SPEC K9). */
  pinned(account: AccountId): VerifiedKeyLog | undefined {
    const identity = this.#known.get(account);
    return identity && pinnedLog(identity);
  }

  /** Hex root of the pinned log. */
  pinnedRoot(account: AccountId): string | undefined {
    const log = this.pinned(account);
    return log && rootHex(log);
  }

  /** How many logs of an account are known; the server numbers them from 0. */
  logCount(account: AccountId): number {
    return this.#known.get(account)?.logs.length ?? 0;
  }

  isVerified(account: AccountId): boolean {
    return this.#known.get(account)?.verified ?? false;
  }

  /** Whether two hex roots mean one identity of the account: a version 2 log that took a version 1 log's place does (SPEC K11). */
  sameRoot(account: AccountId, one: string, other: string): boolean {
    if (one === other) return true;
    const inherited = this.#known.get(account)?.inherited ?? null;
    const pinned = this.pinnedRoot(account);
    return (one === inherited && other === pinned) || (other === inherited && one === pinned);
  }

  /**
   * The person goes on with just this identity. Fails with `identity_changed` if it is not the one that is shown by now, and for one's own account:
   * no other identity than this device's can take its place.
   */
  accept(account: AccountId, root: string, head: string): Promise<void> {
    return this.#serial.run(async () => {
      if (this.isOwn(account)) throw notYours();
      const identity = this.#known.get(account);
      const accepted = identity && withAccepted(identity, root, head);
      if (accepted === undefined) throw notTheOneShown();
      await this.#save(account, accepted);
    });
  }

  /**
   * The number of just this root was compared, which also accepts it but settles no fork of its log; or the mark is taken off. Fails with
   * `identity_changed`, as `accept` does.
   */
  setVerified(account: AccountId, root: string, verified: boolean): Promise<void> {
    return this.#serial.run(async () => {
      const identity = this.#known.get(account);
      const shown = identity && shownLog(identity);
      if (identity === undefined || shown === undefined || rootHex(shown) !== root) throw notTheOneShown();
      if (!verified) return await this.#save(account, { ...identity, verified: false });
      if (this.isOwn(account)) throw notYours();
      const accepted = withAccepted(identity, root, headHex(shown));
      if (accepted === undefined) throw notTheOneShown();
      const { fork, passedForks } = identity;
      await this.#save(account, { ...accepted, fork, passedForks, verified: true });
    });
  }
}
