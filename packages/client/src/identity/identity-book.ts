import { parseIdentity, type VerifiedKeyLog, verifyKeyLog } from '@undertone/identity';
import type { AuthenticationService } from '@undertone/mls';
import { type AccountId, type DeviceId, equalBytes, fromBase64url, type KeyLog, limits } from '@undertone/protocol';
import type { Vault } from '@undertone/vault';
import { toHex, unshared } from '../bytes.ts';
import type { PersonView } from '../view/index.ts';

interface KnownRoot {
  readonly root: Uint8Array<ArrayBuffer>;
  readonly devices: readonly (readonly [DeviceId, Uint8Array<ArrayBuffer>])[];
}

/** identities/<account>: the roots ever seen, oldest first, and which of them the person has accepted or verified. */
interface IdentityRecord {
  readonly roots: readonly KnownRoot[];
  /** Hex of the roots that were pinned at first sight or looked at since (SPEC I5). */
  readonly accepted: readonly string[];
  /** Hex of the root whose safety number was compared. */
  readonly verified: string | null;
}

export interface IdentitySource {
  keyLogs(accounts: readonly string[]): Promise<{ logs: KeyLog[] }>;
}

/**
 * Who stands behind which key (SPEC I4, I5). Roots are pinned when first seen and never forgotten, so a server that hides or
 * swaps a key log is noticed. It is the authentication service of every group.
 */
export class IdentityBook implements AuthenticationService {
  readonly #source: IdentitySource;
  readonly #vault: Vault;
  readonly #changed: (account: AccountId) => void;
  readonly #records: Map<AccountId, IdentityRecord>;
  readonly #loading = new Map<AccountId, Promise<void>>();

  private constructor(
    source: IdentitySource,
    vault: Vault,
    changed: (account: AccountId) => void,
    records: Map<AccountId, IdentityRecord>,
  ) {
    this.#source = source;
    this.#vault = vault;
    this.#changed = changed;
    this.#records = records;
  }

  static async open(
    source: IdentitySource,
    vault: Vault,
    changed: (account: AccountId) => void,
  ): Promise<IdentityBook> {
    const stored = await vault.scan<IdentityRecord>('identities');
    return new IdentityBook(source, vault, changed, new Map(stored.map((r) => [r.key as AccountId, r.value])));
  }

  /** Fetch the key logs of accounts that are not known yet, in few requests. */
  async load(accounts: Iterable<AccountId>): Promise<void> {
    const missing = [...new Set(accounts)].filter((account) => !this.#records.has(account));
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

  /** Ask for the key logs of these accounts again, and note roots that are new. */
  async refresh(accounts: readonly AccountId[]): Promise<void> {
    if (accounts.length === 0) return;
    const { logs } = await this.#source.keyLogs(accounts);
    for (const account of accounts) {
      const own = logs.filter((log) => log.account === account).sort((a, b) => a.root - b.root);
      const verified = await Promise.all(own.map((log) => this.#verify(account, log)));
      await this.#merge(
        account,
        verified.filter((log) => log !== undefined),
      );
    }
  }

  async #verify(account: AccountId, log: KeyLog): Promise<VerifiedKeyLog | undefined> {
    try {
      return await verifyKeyLog(account, log.entries.map(fromBase64url));
    } catch {
      // A log that proves nothing gives no keys: its devices fail authentication, which is where the person sees it.
      return undefined;
    }
  }

  async #merge(account: AccountId, logs: readonly VerifiedKeyLog[]): Promise<void> {
    const known = this.#records.get(account);
    const roots = [...(known?.roots ?? [])];
    for (const { root, devices } of logs) {
      if (!roots.some((other) => equalBytes(other.root, root))) roots.push({ root, devices: [...devices] });
    }
    if (roots.length === 0 || roots.length === known?.roots.length) return;
    const accepted = known?.accepted ?? roots.map(({ root }) => toHex(root));
    await this.#save(account, { roots, accepted, verified: known?.verified ?? null });
  }

  async #save(account: AccountId, record: IdentityRecord): Promise<void> {
    await this.#vault.write([{ store: 'identities', key: account, value: record }]);
    this.#records.set(account, record);
    this.#changed(account);
  }

  /** The signature key of a device, by any root of its account (SPEC I8). */
  deviceKey(account: AccountId, device: DeviceId): Uint8Array<ArrayBuffer> | undefined {
    for (const { devices } of this.#records.get(account)?.roots ?? []) {
      const found = devices.find(([id]) => id === device);
      if (found !== undefined) return found[1];
    }
    return undefined;
  }

  /** Like `deviceKey`, asking the server once if the device is not known. */
  async fetchDeviceKey(account: AccountId, device: DeviceId): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const known = this.deviceKey(account, device);
    if (known !== undefined) return known;
    if (this.#records.has(account)) await this.refresh([account]);
    else await this.load([account]);
    return this.deviceKey(account, device);
  }

  /** The authentication service of RFC 9420 §5.3.1 (SPEC I4). */
  async validate(identity: Uint8Array, signatureKey: Uint8Array): Promise<boolean> {
    const parsed = parseIdentity(unshared(identity));
    if (parsed === undefined) return false;
    const key = await this.fetchDeviceKey(parsed.account, parsed.device);
    return key !== undefined && equalBytes(key, signatureKey);
  }

  trust(account: AccountId): PersonView['trust'] {
    const record = this.#records.get(account);
    const newest = record?.roots.at(-1);
    if (record === undefined || newest === undefined) return 'known';
    if (record.roots.some(({ root }) => !record.accepted.includes(toHex(root)))) return 'changed';
    return record.verified === toHex(newest.root) ? 'verified' : 'known';
  }

  /** How many roots of an account are known; the server numbers them from 0. */
  rootCount(account: AccountId): number {
    return this.#records.get(account)?.roots.length ?? 0;
  }

  /** The newest root of an account, for the safety number. */
  root(account: AccountId): Uint8Array<ArrayBuffer> | undefined {
    return this.#records.get(account)?.roots.at(-1)?.root;
  }

  /** The person looked at the change and goes on. */
  async acknowledge(account: AccountId): Promise<void> {
    const record = this.#records.get(account);
    if (record === undefined) return;
    await this.#save(account, { ...record, accepted: record.roots.map(({ root }) => toHex(root)) });
  }

  /** Safety numbers were compared (or not any more). Verifying also accepts. */
  async setVerified(account: AccountId, verified: boolean): Promise<void> {
    const record = this.#records.get(account);
    const newest = record?.roots.at(-1);
    if (record === undefined || newest === undefined) return;
    await this.#save(account, {
      ...record,
      accepted: verified ? record.roots.map(({ root }) => toHex(root)) : record.accepted,
      verified: verified ? toHex(newest.root) : null,
    });
  }
}
