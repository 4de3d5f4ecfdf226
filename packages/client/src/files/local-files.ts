import type { RoomId } from '@undertone/protocol';
import type { Vault } from '@undertone/vault';
import { OfflineError } from '../rest/rest-client.ts';
import { toCoreError } from '../session/core-errors.ts';
import { type FileUsageView, type TransferView, transferId } from '../view/files.ts';
import { layoutOf } from './content-encoding.ts';
import { openStored } from './fetching.ts';
import { isPassing, readingFailure, storeFailure, unreadableFile } from './file-failures.ts';
import { FileMover, type Job } from './file-mover.ts';
import type { FileEvents, Files, NamedFile, StoredFile, Upload } from './file-port.ts';
import { type FileRecord, recordOfDownload, recordOfUpload } from './file-record.ts';
import type { FileStore } from './file-store.ts';
import { PlainCopies } from './plain-copies.ts';
import { TransferBoard } from './transfers.ts';
import type { BlobServer } from './uploading.ts';

/** Decrypted content larger than this lies on the disk while it is used, not in memory. */
const inMemoryBytes = 32 * 1024 * 1024;
/** Transfers in each direction at a time; the others wait for their turn. */
const atATime = 2;
const retryMs = [1_000, 3_000, 10_000, 30_000];

export interface LocalFilesOptions {
  readonly vault: Vault;
  readonly store: FileStore;
  readonly server: BlobServer;
  /** What this account's files take on the server. */
  serverUsage(): Promise<NonNullable<FileUsageView['server']>>;
  isOnline(): boolean;
  readonly events: FileEvents;
}

/**
 * The files of a signed-in device (SPEC F): what it sends is encrypted into the store first, what it receives is verified into it, and both stay
 * there as its own copies. A record in the vault says how far each is, so that a restart goes on.
 */
export class LocalFiles implements Files {
  readonly #options: LocalFilesOptions;
  readonly #records: Map<string, FileRecord>;
  readonly #board: TransferBoard;
  /** By the id of the transfer. */
  readonly #jobs = new Map<string, Job>();
  readonly #running = new Set<Job>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  readonly #plain: PlainCopies;
  readonly #mover: FileMover;
  #closed = false;

  private constructor(options: LocalFilesOptions, records: readonly FileRecord[]) {
    this.#options = options;
    this.#records = new Map(records.map((record) => [record.name, record]));
    this.#plain = new PlainCopies(options.store);
    this.#mover = new FileMover(options, (job, change) => this.#save(job, change));
    this.#board = new TransferBoard((changed, ended) => options.events.changed(changed, ended));
  }

  /** Take up what the vault and the store hold; files that neither knows are removed. */
  static async open(options: LocalFilesOptions): Promise<LocalFiles> {
    const stored = (await options.vault.scan<FileRecord>('files')).map(({ value }) => value);
    const known = new Set(stored.map(({ name }) => name));
    for (const name of await options.store.names()) {
      if (!known.has(name)) await options.store.remove(name).catch(() => {});
    }
    const files = new LocalFiles(options, stored);
    for (const record of stored) {
      if (record.state === 'here') continue;
      const job = files.#newJob(record, null);
      if (record.state === 'staging') job.transfer.fail(unreadableFile());
    }
    return files;
  }

  #newJob(record: FileRecord, content: Blob | null): Job {
    const { row, room, direction, contentBytes } = record;
    const transfer = this.#board.add({ id: transferId(room, row), room, direction, totalBytes: contentBytes });
    const job: Job = {
      record,
      transfer,
      abort: new AbortController(),
      content,
      begun: false,
      attempts: 0,
      done: Promise.resolve(),
      saved: Promise.resolve(),
    };
    this.#jobs.set(transfer.view.id, job);
    return job;
  }

  /** One after the other: encrypting and sending save at the same time, and neither may undo what the other has noted. */
  #save(job: Job, change: Partial<FileRecord> = {}): Promise<void> {
    const saved = job.saved.then(async () => {
      const record = { ...job.record, ...change };
      await this.#options.vault.write([{ store: 'files', key: record.name, value: record }], { durable: true });
      job.record = record;
      this.#records.set(record.name, record);
    });
    job.saved = saved.catch(() => {});
    return saved;
  }

  async #forget({ name }: FileRecord): Promise<void> {
    this.#records.delete(name);
    await this.#options.vault.write([{ store: 'files', key: name }]);
    await this.#options.store.remove(name).catch(() => {});
  }

  /** The copy of one message. Another that names the same blob, perhaps with a wrong key, has no part in it. */
  #find({ room, row, blob }: NamedFile): FileRecord | undefined {
    return [...this.#records.values()].find(
      (record) => record.state === 'here' && record.room === room && record.row === row && record.blob === blob,
    );
  }

  isHere(file: NamedFile): boolean {
    return this.#find(file) !== undefined;
  }

  transfers(): readonly TransferView[] {
    return this.#board.views();
  }

  async send(upload: Upload): Promise<void> {
    if (this.#jobs.has(transferId(upload.room, upload.row))) return;
    await this.#requireRoom(upload.content.size);
    void this.#options.store.persist().catch(() => {});
    const job = this.#newJob(recordOfUpload(upload), upload.content);
    await this.#save(job);
    this.#next();
  }

  async receive(file: StoredFile): Promise<void> {
    const known = this.#jobs.get(transferId(file.room, file.row));
    if (this.isHere(file) || (known !== undefined && known.transfer.view.state !== 'failed')) return;
    if (known !== undefined) return await this.resume(known.transfer.view.id);
    await this.#requireRoom(file.bytes);
    void this.#options.store.persist().catch(() => {});
    await this.#save(this.#newJob(recordOfDownload(file), null));
    this.#next();
  }

  /** Said before anything is begun, where it can be known. */
  async #requireRoom(contentBytes: number): Promise<void> {
    const { usedBytes, quotaBytes } = await this.#options.store.usage();
    if (layoutOf(contentBytes).encodedBytes <= quotaBytes - usedBytes) return;
    throw storeFailure(new DOMException('no room', 'QuotaExceededError'));
  }

  /** Begin those that wait, as far as there are places. */
  #next(): void {
    if (this.#closed) return;
    for (const direction of ['up', 'down'] as const) {
      for (const job of this.#jobs.values()) {
        const busy = [...this.#running].filter((other) => other.record.direction === direction).length;
        if (busy >= atATime) break;
        if (job.record.direction !== direction || this.#running.has(job) || !job.transfer.isWaiting) continue;
        job.done = this.#run(job);
      }
    }
  }

  async #run(job: Job): Promise<void> {
    this.#running.add(job);
    try {
      await (job.record.direction === 'up' ? this.#mover.upload(job) : this.#mover.download(job));
      this.#jobs.delete(job.transfer.view.id);
      job.transfer.end();
      // From here on the file may be opened, found damaged and asked for again: what is told does not hold that up.
      const { direction, room, row, blob } = job.record;
      if (direction === 'down' && blob !== null) await this.#options.events.received({ room, row, blob });
    } catch (error) {
      await this.#stopped(job, error);
    } finally {
      this.#running.delete(job);
      this.#next();
    }
  }

  async #stopped(job: Job, error: unknown): Promise<void> {
    if (job.abort.signal.aborted || this.#closed) return;
    if (isPassing(error)) {
      // Until the connection is back, which is told; where there is one, until a while has passed.
      job.transfer.wait();
      job.transfer.hold();
      if (this.#options.isOnline()) this.#retryLater(job);
      return;
    }
    const failure = toCoreError(error);
    // Of a damaged file nothing stays; when it is tried again it is from the beginning.
    if (failure.code === 'file_damaged') await this.#options.store.remove(job.record.name).catch(() => {});
    job.transfer.fail(failure);
  }

  #retryLater(job: Job): void {
    const ms = retryMs[Math.min(job.attempts, retryMs.length - 1)];
    job.attempts += 1;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      job.transfer.release();
      this.#next();
    }, ms);
    this.#timers.add(timer);
  }

  async open(file: StoredFile, mediaType: string): Promise<Blob> {
    const { key, digest, bytes } = file;
    const record = this.#find(file);
    if (record === undefined) throw new OfflineError();
    const { store } = this.#options;
    try {
      const stored = await store.blob(record.name);
      const content = openStored(stored, { key, digest, layout: layoutOf(bytes) });
      if (bytes > inMemoryBytes) {
        const file = await this.#plain.open(record.name, content);
        return file.slice(0, file.size, mediaType);
      }
      const parts: Uint8Array<ArrayBuffer>[] = [];
      for await (const part of content) parts.push(part);
      return new Blob(parts, { type: mediaType });
    } catch (cause) {
      if (toCoreError(cause).code === 'file_damaged') await this.#forget(record);
      throw readingFailure(cause);
    }
  }

  /** End a transfer for good; of what was moved nothing stays, here or there. */
  async cancel(transfer: string): Promise<void> {
    const job = this.#jobs.get(transfer);
    if (job === undefined) return;
    this.#jobs.delete(transfer);
    job.abort.abort();
    job.transfer.end();
    await job.done;
    await job.saved;
    await this.#discard(job);
    const { id, room } = job.record;
    if (id !== null) await this.#options.events.uploadCancelled({ room, id });
  }

  async #discard({ record }: Job): Promise<void> {
    // What the server keeps without a message it gives up by itself; this is only sooner.
    if (record.direction === 'up' && record.blob !== null)
      void this.#options.server.remove(record.blob).catch(() => {});
    await this.#forget(record);
  }

  async resume(transfer: string): Promise<void> {
    const job = this.#jobs.get(transfer);
    if (job === undefined || job.transfer.view.state !== 'failed') return;
    if (job.record.state === 'staging' && job.content === null) throw unreadableFile();
    job.attempts = 0;
    job.transfer.wait();
    this.#next();
  }

  connected(): void {
    for (const job of this.#jobs.values()) job.transfer.release();
    this.#next();
  }

  async usage(): Promise<FileUsageView> {
    const server = await this.#options.serverUsage().catch(() => null);
    return { server, here: await this.#options.store.usage() };
  }

  async remove(room: RoomId, rows: readonly string[]): Promise<void> {
    await this.#removeThose((record) => record.room === room && rows.includes(record.row));
  }

  async removeRoom(room: RoomId): Promise<void> {
    await this.#removeThose((record) => record.room === room);
  }

  async #removeThose(isOne: (record: FileRecord) => boolean): Promise<void> {
    for (const job of [...this.#jobs.values()].filter(({ record }) => isOne(record))) {
      this.#jobs.delete(job.transfer.view.id);
      job.abort.abort();
      job.transfer.end();
      await job.done;
      await job.saved;
    }
    for (const record of [...this.#records.values()].filter(isOne)) {
      await this.#plain.remove(record.name);
      await this.#forget(record);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const job of this.#jobs.values()) job.abort.abort();
    this.#board.close();
    await Promise.all([...this.#jobs.values()].map(({ done }) => done));
    await this.#plain.close();
  }
}
