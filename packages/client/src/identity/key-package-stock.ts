import type { MlsEngine } from '@undertone/mls/profile';
import { type KeyPackageCount, limits, toBase64url, type UploadKeyPackagesRequest } from '@undertone/protocol';
import type { Vault, VaultWrite } from '@undertone/vault';
import { unshared } from '../bytes.ts';
import type { KeyPackageRecord } from '../storage/records.ts';

export interface KeyPackageServer {
  keyPackageCount(): Promise<KeyPackageCount>;
  uploadKeyPackages(request: UploadKeyPackagesRequest): Promise<KeyPackageCount>;
}

/** So many are made between two breaths: making one costs about a millisecond, and the worker has other things to do. */
const batchSize = 10;

/** Keeps the server stocked with this device's key packages, so that others can add it while it is away (RFC 9420 §10). */
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

  /** Refill if fewer than half are left. One refill runs at a time. */
  refill(): Promise<void> {
    this.#running ??= this.#refill().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #refill(): Promise<void> {
    let { count, lastResort } = await this.#server.keyPackageCount();
    if (count >= limits.keyPackagesRefillBelow && lastResort) return;
    while (count < limits.keyPackagesStock || !lastResort) {
      const wanted = Math.min(batchSize, limits.keyPackagesStock - count);
      const made = [];
      for (let i = 0; i < wanted; i++) made.push(await this.#engine.createKeyPackage());
      const last = lastResort ? undefined : await this.#engine.createKeyPackage({ lastResort: true });
      // Stored before the server has them: one that nobody can use is harmless, one whose secret is missing is not.
      const writes: VaultWrite[] = [...made, ...(last === undefined ? [] : [last])].map((created) => ({
        store: 'keyPackages',
        key: toBase64url(created.reference),
        value: {
          keyPackage: unshared(created.keyPackage),
          secret: unshared(created.secret),
          lastResort: created === last,
        } satisfies KeyPackageRecord,
      }));
      await this.#vault.write(writes, { durable: true });
      const upload = (created: { reference: Uint8Array; keyPackage: Uint8Array }) => ({
        reference: toBase64url(created.reference),
        keyPackage: toBase64url(created.keyPackage),
      });
      const answer = await this.#server.uploadKeyPackages({
        keyPackages: made.map(upload),
        ...(last === undefined ? {} : { lastResort: upload(last) }),
      });
      if (answer.count <= count && answer.lastResort === lastResort) return; // The server takes no more.
      ({ count, lastResort } = answer);
    }
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
}
