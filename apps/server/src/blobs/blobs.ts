import type { BlobId } from '@undertone/protocol';
import type { Database } from '../database/database.ts';
import { Leases } from '../database/leases.ts';
import { serverLimits } from '../server-limits.ts';
import type { Settings } from '../settings.ts';
import { type BlobLimits, BlobRepository } from './blob-repository.ts';
import type { BlobStore } from './blob-store.ts';
import { BlobCollector, type CollectorTimes } from './collector.ts';
import { FolderStore } from './folder-store.ts';
import { S3Store } from './s3-store.ts';
import { UploadLocks } from './upload-locks.ts';
import { Uploads } from './uploads.ts';

/** Below `/api`. */
export const blobsPath = '/blobs';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

export interface BlobTimes extends CollectorTimes {
  readonly maxAgeMs: BlobLimits['maxAgeMs'];
}

export const defaultBlobTimes: BlobTimes = {
  maxAgeMs: serverLimits.blobMaxAgeMs,
  collectEveryMs: 5 * minuteMs,
  soonMs: 1_000,
  sweepEveryMs: 60 * minuteMs,
  strayAgeMs: dayMs,
};

export interface BlobsOptions {
  readonly settings: Settings;
  readonly database: Database;
  readonly times: BlobTimes;
  readonly onError: (error: unknown) => void;
  /** Instead of the one that the settings name. */
  readonly store?: (rows: BlobRepository) => BlobStore;
}

/** Stored files: their rows, their bytes, how they come in and how they go (SPEC F2, F3). */
export class Blobs {
  readonly rows: BlobRepository;
  readonly store: BlobStore;
  readonly uploads: Uploads;
  readonly collector: BlobCollector;

  private constructor(rows: BlobRepository, store: BlobStore, { settings, database, times, onError }: BlobsOptions) {
    this.rows = rows;
    this.store = store;
    const leases = new Leases(database);
    const locks = new UploadLocks(leases);
    this.uploads = new Uploads({
      path: `/api${blobsPath}`,
      rows: this.rows,
      store: this.store,
      locks,
      maxBytes: settings.blobMaxBytes,
    });
    this.collector = new BlobCollector({
      rows: this.rows,
      store: this.store,
      times,
      leases,
      onError,
      deleteBlob: (id: BlobId) => this.uploads.delete(id),
    });
  }

  /** Rejects with `StartupError` where files cannot be stored. */
  static async open(options: BlobsOptions): Promise<Blobs> {
    const { settings, database, times } = options;
    const { blobs, blobQuotaBytes } = settings;
    const rows = new BlobRepository(database, { quotaBytes: blobQuotaBytes, maxAgeMs: times.maxAgeMs });
    const store = await openStore();
    await store.open();
    return new Blobs(rows, store, options);

    async function openStore(): Promise<BlobStore> {
      if (options.store !== undefined) return options.store(rows);
      if (blobs.kind === 's3') return S3Store.load(blobs);
      return new FolderStore({ folder: blobs.folder, uploads: rows.uploads() });
    }
  }
}
