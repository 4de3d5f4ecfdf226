import { type MlsEngine, readKeyPackage } from '@undertone/mls/profile';
import {
  type KeyPackageCount,
  limits,
  type TimestampMs,
  toBase64url,
  type UploadKeyPackagesRequest,
} from '@undertone/protocol';
import type { Vault, VaultWrite } from '@undertone/vault';
import { unshared } from '../bytes.ts';
import type { KeyPackageRecord } from '../storage/records.ts';

export interface KeyPackageServer {
  keyPackageCount(): Promise<KeyPackageCount>;
  uploadKeyPackages(request: UploadKeyPackagesRequest): Promise<KeyPackageCount>;
}

/** So many are made between two breaths: making one costs about a millisecond, and the worker has other things to do. */
const batchSize = 10;
/** A last resort that was replaced is kept for Welcomes that are on their way, and then deleted, so that it reopens none (RFC 9420 §16.8). */
const graceMs = 7 * 24 * 60 * 60 * 1000;

interface Made {
  readonly reference: string;
  readonly record: KeyPackageRecord & { readonly expiresAt: TimestampMs };
}

/** Keeps the server stocked with this device's key packages, so that others can add it while it is away (RFC 9420 §10, SPEC I11). */
export class KeyPackageStock {
  readonly #engine: MlsEngine;
  readonly #vault: Vault;
  readonly #server: KeyPackageServer;
  #running: Promise<void> | null = null;

  constructor(engine: MlsEngine, vault: Vault, server: KeyPackageServer) {
    this.#engine = engine;
    this.#vault = vault;
    this.#server = server;
  }

  /** Refill if fewer than half are left, and put another last resort in the place of one that was used or is a month old. One at a time. */
  refill(): Promise<void> {
    this.#running ??= this.#refill().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #refill(): Promise<void> {
    const answer = await this.#server.keyPackageCount();
    await this.#prune();
    let { count } = answer;
    let last = await this.#isFresh(answer.lastResort);
    if (count >= limits.keyPackagesRefillBelow && last) return;
    while (count < limits.keyPackagesStock || !last) {
      const wanted = Math.min(batchSize, limits.keyPackagesStock - count);
      const made: Made[] = [];
      for (let i = 0; i < wanted; i++) made.push(await this.#make(false));
      const lastResort = last ? undefined : await this.#make(true);
      // Stored before the server has them: one that nobody can use is harmless, one whose secret is missing is not.
      await this.#store([...made, ...(lastResort === undefined ? [] : [lastResort])]);
      const stored = await this.#server.uploadKeyPackages({
        keyPackages: made.map(upload),
        ...(lastResort === undefined ? {} : { lastResort: upload(lastResort) }),
      });
      if (lastResort !== undefined) await this.#retireOthers(lastResort.reference);
      if (stored.count <= count && last) return; // The server takes no more.
      count = stored.count;
      last = true;
    }
  }

  async #make(lastResort: boolean): Promise<Made> {
    const { keyPackage, secret, reference } = await this.#engine.createKeyPackage({ lastResort });
    const { notAfter } = await readKeyPackage(keyPackage);
    const expiresAt = notAfter.getTime();
    const record = { keyPackage: unshared(keyPackage), secret: unshared(secret), lastResort, expiresAt };
    return { reference: toBase64url(reference), record };
  }

  async #store(made: readonly Made[]): Promise<void> {
    const writes = made.map(
      ({ reference, record }): VaultWrite => ({ store: 'keyPackages', key: reference, value: record }),
    );
    await this.#vault.write(writes, { durable: true });
  }

  /** Whether the last resort that the server has needs no other in its place: never used, this device's, and less than a month old. */
  async #isFresh(lastResort: KeyPackageCount['lastResort']): Promise<boolean> {
    if (lastResort === null || lastResort.used) return false;
    const record = await this.#vault.get<KeyPackageRecord>('keyPackages', lastResort.reference);
    if (record?.expiresAt === undefined || record.retiredAt !== undefined) return false;
    const { notBefore } = await readKeyPackage(record.keyPackage);
    return Date.now() - notBefore.getTime() < limits.lastResortMaxAgeMs;
  }

  /** Last resorts that another one replaced. */
  async #retireOthers(present: string): Promise<void> {
    const held = await this.#vault.scan<KeyPackageRecord>('keyPackages');
    const others = held.filter(
      ({ key, value }) => value.lastResort && key !== present && value.retiredAt === undefined,
    );
    const retiredAt = Date.now();
    await this.#vault.write(
      others.map(({ key, value }) => ({
        store: 'keyPackages',
        key,
        value: { ...value, retiredAt } satisfies KeyPackageRecord,
      })),
    );
  }

  /** Secrets of key packages whose time is over leave this device. */
  async #prune(): Promise<void> {
    const now = Date.now();
    const held = await this.#vault.scan<KeyPackageRecord>('keyPackages');
    const over: string[] = [];
    for (const { key, value } of held) {
      const { expiresAt = await this.#expiryOf(value), retiredAt = now } = value;
      if (now > expiresAt || now - retiredAt > graceMs) over.push(key);
    }
    if (over.length > 0) await this.#vault.write(over.map((key) => ({ store: 'keyPackages', key })));
  }

  /** Of a record of an earlier release. One that does not verify any more has ended. */
  async #expiryOf({ keyPackage }: KeyPackageRecord): Promise<TimestampMs> {
    return await readKeyPackage(keyPackage).then(
      ({ notAfter }) => notAfter.getTime(),
      () => 0,
    );
  }

  /** The key package that a Welcome names, with its private half; `undefined` if this device has none of them. */
  async find(references: readonly Uint8Array[]): Promise<{ key: string; record: KeyPackageRecord } | undefined> {
    for (const reference of references) {
      const key = toBase64url(reference);
      const record = await this.#vault.get<KeyPackageRecord>('keyPackages', key);
      if (record !== undefined) return { key, record };
    }
    return undefined;
  }

  /** The write that follows the use of a key package: it is deleted, a last resort only after a grace time (SPEC I11). */
  async used(key: string): Promise<VaultWrite> {
    const record = await this.#vault.get<KeyPackageRecord>('keyPackages', key);
    if (record === undefined || !record.lastResort) return { store: 'keyPackages', key };
    const value: KeyPackageRecord = { ...record, retiredAt: record.retiredAt ?? Date.now() };
    return { store: 'keyPackages', key, value };
  }
}

const upload = ({ reference, record }: Made) => ({
  reference,
  keyPackage: toBase64url(record.keyPackage),
  expiresAt: record.expiresAt,
});
