import { parseIdentity, type VerifiedKeyLog, verifyKeyLog } from '@undertone/identity';
import type { IdentityService } from '@undertone/mls/profile';
import { type AccountId, type DeviceId, equalBytes, fromBase64url, type KeyLog, limits } from '@undertone/protocol';
import type { Vault } from '@undertone/vault';
import { toHex, unshared } from '../bytes.ts';
import { Serial } from '../room/serial.ts';
import type { PersonView } from '../view/index.ts';

interface KnownRoot {
  readonly root: Uint8Array<ArrayBuffer>;
  readonly devices: readonly (readonly [DeviceId, Uint8Array<ArrayBuffer>])[];
  /** It was told of when there was a newer one already: only the server says that it ever was the account's (SPEC I8). */
  readonly former?: boolean;
}

/** This device, whose key needs nobody's word. */
export interface OwnDevice {
  readonly account: AccountId;
  readonly device: DeviceId;
  readonly publicKey: Uint8Array<ArrayBuffer>;
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
export class IdentityBook implements IdentityService {
  readonly #source: IdentitySource;
  readonly #vault: Vault;
  readonly #changed: (account: AccountId) => void;
  readonly #records: Map<AccountId, IdentityRecord>;
  readonly #loading = new Map<AccountId, Promise<void>>();
  readonly #self: OwnDevice | undefined;
  /** A record is read, changed and written as one step. */
  readonly #serial = new Serial();

  private constructor(
    source: IdentitySource,
    vault: Vault,
    changed: (account: AccountId) => void,
    records: Map<AccountId, IdentityRecord>,
    self: OwnDevice | undefined,
  ) {
    this.#source = source;
    this.#vault = vault;
    this.#changed = changed;
    this.#records = records;
    this.#self = self;
  }

  static async open(
    source: IdentitySource,
    vault: Vault,
    changed: (account: AccountId) => void,
    self?: OwnDevice,
  ): Promise<IdentityBook> {
    const stored = await vault.scan<IdentityRecord>('identities');
    const records = new Map(stored.map((r) => [r.key as AccountId, r.value]));
    return new IdentityBook(source, vault, changed, records, self);
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
      const logsNow = verified.filter((log) => log !== undefined);
      await this.#serial.run(() => this.#merge(account, logsNow));
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

  /** Whether a root is the one that is to be believed at first sight: one's own by its key, another's by being the newest. */
  #isFirst(account: AccountId, { devices }: VerifiedKeyLog, newest: boolean): boolean {
    if (this.#self?.account !== account) return newest;
    const own = devices.get(this.#self.device);
    return own !== undefined && equalBytes(own, this.#self.publicKey);
  }

  async #merge(account: AccountId, logs: readonly VerifiedKeyLog[]): Promise<void> {
    const known = this.#records.get(account);
    const roots = [...(known?.roots ?? [])];
    const first = logs.findIndex((log, i) => this.#isFirst(account, log, i === logs.length - 1));
    for (const [i, { root, devices }] of logs.entries()) {
      if (roots.some((other) => equalBytes(other.root, root))) continue;
      const former = known === undefined && i < first;
      roots.push({ root, devices: [...devices], ...(former ? { former } : {}) });
    }
    if (roots.length === 0 || roots.length === known?.roots.length) return;
    const accepted = known?.accepted ?? logs.slice(0, first + 1).map(({ root }) => toHex(root));
    await this.#save(account, { roots, accepted, verified: known?.verified ?? null });
  }

  async #save(account: AccountId, record: IdentityRecord): Promise<void> {
    await this.#vault.write([{ store: 'identities', key: account, value: record }]);
    this.#records.set(account, record);
    this.#changed(account);
  }

  #isSelf(account: AccountId, device: DeviceId): boolean {
    return this.#self?.account === account && this.#self.device === device;
  }

  /** The root that names a device. */
  #rootOf(account: AccountId, device: DeviceId): KnownRoot | undefined {
    return this.#records.get(account)?.roots.find(({ devices }) => devices.some(([id]) => id === device));
  }

  /** The root that counts: one's own by this device, another's the newest. */
  #present(account: AccountId): KnownRoot | undefined {
    if (this.#self?.account === account) return this.#rootOf(account, this.#self.device);
    return this.#records.get(account)?.roots.at(-1);
  }

  /** The signature key of a device, by any root of its account (SPEC I8). */
  deviceKey(account: AccountId, device: DeviceId): Uint8Array<ArrayBuffer> | undefined {
    if (this.#self !== undefined && this.#isSelf(account, device)) return this.#self.publicKey;
    return this.#rootOf(account, device)?.devices.find(([id]) => id === device)?.[1];
  }

  /** The devices that are the account's now (SPEC I8). */
  devices(account: AccountId): DeviceId[] {
    return this.#present(account)?.devices.map(([device]) => device) ?? [];
  }

  /** Whether a device is one of those that are its account's now. */
  isCurrent(account: AccountId, device: DeviceId): boolean {
    return this.#isSelf(account, device) || this.devices(account).includes(device);
  }

  /** Whether only the server says that the device ever was the account's. */
  isFormer(account: AccountId, device: DeviceId): boolean {
    return !this.#isSelf(account, device) && this.#rootOf(account, device)?.former === true;
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

  /** The root of an account that counts, for the safety number. */
  root(account: AccountId): Uint8Array<ArrayBuffer> | undefined {
    return this.#present(account)?.root;
  }

  /** The person looked at the change and goes on. */
  acknowledge(account: AccountId): Promise<void> {
    return this.#serial.run(async () => {
      const record = this.#records.get(account);
      if (record === undefined) return;
      await this.#save(account, { ...record, accepted: record.roots.map(({ root }) => toHex(root)) });
    });
  }

  /** Safety numbers were compared (or not any more). Verifying also accepts. */
  setVerified(account: AccountId, verified: boolean): Promise<void> {
    return this.#serial.run(async () => {
      const record = this.#records.get(account);
      const newest = record?.roots.at(-1);
      if (record === undefined || newest === undefined) return;
      await this.#save(account, {
        ...record,
        accepted: verified ? record.roots.map(({ root }) => toHex(root)) : record.accepted,
        verified: verified ? toHex(newest.root) : null,
      });
    });
  }
}
