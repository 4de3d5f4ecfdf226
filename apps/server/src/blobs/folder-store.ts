import { once } from 'node:events';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { type FileHandle, open, opendir, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { FileStore } from '@tus/file-store';
import type { DataStore, KvStore, Upload } from '@tus/server';
import { type BlobId, ProtocolError } from '@undertone/protocol';
import { serverLimits } from '../server-limits.ts';
import { StartupError } from '../startup-error.ts';
import { type BlobStore, type ByteRange, blobIdOf, type StoredBlob, tusExtensions } from './blob-store.ts';

/** Bytes that wait for the disk, and that are read from it at a time. */
const bufferBytes = 1024 * 1024;

export interface FolderStoreOptions {
  readonly folder: string;
  /** What is known of uploads. The folder holds their bytes only. */
  readonly uploads: KvStore<Upload>;
  readonly reserveBytes?: number;
}

async function inFile<T>(path: string, flags: string, run: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, flags);
  try {
    return await run(file);
  } finally {
    await file.close();
  }
}

/**
 * tus' own file store, but for writing: it keeps the reason of a failure (a full disk), and is done only when nothing of the request
 * is on its way to the file any more, so that the offset which the next request asks for stays what it is.
 */
class OffsetExactFileStore extends FileStore {
  readonly #requireSpace: (bytes: number) => Promise<void>;

  constructor({ folder, uploads }: FolderStoreOptions, requireSpace: (bytes: number) => Promise<void>) {
    super({ directory: folder, configstore: uploads });
    this.#requireSpace = requireSpace;
    this.extensions = tusExtensions;
  }

  override async write(body: Readable, id: string, offset: number): Promise<number> {
    await this.#requireSpace(0);
    return inFile(join(this.directory, id), 'r+', async (file) => {
      const to = file.createWriteStream({ start: offset, highWaterMark: bufferBytes });
      try {
        await pipeline(body, to);
      } finally {
        if (!to.closed) await once(to, 'close');
      }
      return offset + to.bytesWritten;
    });
  }
}

/** Blobs as files of a folder, each named by its id. */
export class FolderStore implements BlobStore {
  readonly tus: DataStore;
  readonly #folder: string;
  readonly #reserveBytes: number;

  /** Fails with `StartupError` where the folder cannot be used. */
  constructor(options: FolderStoreOptions) {
    this.#folder = options.folder;
    this.#reserveBytes = options.reserveBytes ?? serverLimits.diskReserveBytes;
    try {
      // tus' store makes the folder as well, but in a callback that nobody can catch.
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      accessSync(this.#folder, constants.R_OK | constants.W_OK | constants.X_OK);
    } catch (cause) {
      const { message } = cause as Error;
      throw new StartupError(`The folder for files ${this.#folder} cannot be used: ${message}`, 1, { cause });
    }
    this.tus = new OffsetExactFileStore(options, (bytes) => this.requireSpace(bytes));
  }

  async open(): Promise<void> {}

  async requireSpace(bytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(this.#folder);
    if (bavail * bsize < bytes + this.#reserveBytes) throw new ProtocolError('storage_full');
  }

  async persist(id: BlobId): Promise<void> {
    await inFile(join(this.#folder, id), 'r+', (file) => file.sync());
    // The name is the folder's content.
    await inFile(this.#folder, 'r', (folder) => folder.sync());
  }

  async read(id: BlobId, { start, end }: ByteRange): Promise<Readable> {
    try {
      const file = await open(join(this.#folder, id), 'r');
      return file.createReadStream({ start, end, highWaterMark: bufferBytes });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
      throw new ProtocolError('unknown_blob', {}, { cause });
    }
  }

  async remove(id: BlobId): Promise<void> {
    await rm(join(this.#folder, id), { force: true });
  }

  async *list(): AsyncIterable<StoredBlob> {
    for await (const { name } of await opendir(this.#folder)) {
      const id = blobIdOf(name);
      if (id === undefined) continue;
      const stats = await stat(join(this.#folder, name)).catch(() => undefined);
      if (stats !== undefined) yield { id, changedAt: stats.mtimeMs };
    }
  }
}
