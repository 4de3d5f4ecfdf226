import { randomBytes } from '../bytes.ts';
import { encodingOf, fileRecordBytes, layoutOf, saltBytes } from './content-encoding.ts';
import { fetchInto } from './fetching.ts';
import { isPassing, unreadableFile } from './file-failures.ts';
import type { FileEvents } from './file-port.ts';
import type { FileRecord } from './file-record.ts';
import type { FileStore, StoreHandle } from './file-store.ts';
import { Staging } from './staging.ts';
import type { Transfer } from './transfers.ts';
import { type BlobServer, upload } from './uploading.ts';
import { withHandle } from './with-handle.ts';

/** One file that is moving, and what moves it. */
export interface Job {
  record: FileRecord;
  readonly transfer: Transfer;
  readonly abort: AbortController;
  /** What the person chose, until it is encrypted. */
  content: Blob | null;
  /** Encrypting was begun before: a second time is under another key, as nobody can say whether the content is still the same. */
  begun: boolean;
  attempts: number;
  /** The run under way, or the last one. */
  done: Promise<void>;
  /** The last change of the record, written or failed. */
  saved: Promise<void>;
}

interface MoverOptions {
  readonly store: FileStore;
  readonly server: BlobServer;
  readonly events: Pick<FileEvents, 'uploaded'>;
}

/** Moves the bytes of one file at a time between the person's file, the store and the server, and notes how far it is. */
export class FileMover {
  readonly #options: MoverOptions;
  readonly #save: (job: Job, change: Partial<FileRecord>) => Promise<void>;

  constructor(options: MoverOptions, save: (job: Job, change: Partial<FileRecord>) => Promise<void>) {
    this.#options = options;
    this.#save = save;
  }

  /** Encrypt and send, from wherever it stopped before. Resolves when the server has all of it and its message knows. */
  async upload(job: Job): Promise<void> {
    const { store, events } = this.#options;
    if (job.record.state === 'staging') {
      if (job.content === null) throw unreadableFile();
      if (job.begun) await this.#save(job, { key: randomBytes(32), salt: randomBytes(saltBytes), blob: null });
      job.begun = true;
    }
    await withHandle(store, job.record.name, (handle) => this.#stageAndSend(job, handle));
    const { blob, key, digest, room, id } = job.record;
    if (blob === null || digest === null || id === null) throw new TypeError('an upload without a name');
    await events.uploaded({ room, id }, { blob, key, digest });
    await this.#save(job, { state: 'here' });
  }

  /** Encrypt into the store, if that was not done before, and send what is there, one behind the other. */
  async #stageAndSend(job: Job, handle: StoreHandle): Promise<void> {
    const { key, salt, contentBytes, state, blob } = job.record;
    const { content, transfer, abort } = job;
    const layout = layoutOf(contentBytes);
    const isStaged = state !== 'staging' || content === null || salt === null;
    // The page ended before all of it was on the disk, though it was on record.
    if (isStaged && handle.size !== layout.encodedBytes) throw unreadableFile();
    const staging = new Staging(handle, layout, isStaged ? layout.encodedBytes : 0);
    const stop = new AbortController();
    transfer.start(isStaged ? 'running' : 'preparing');
    const stage = async () => {
      if (isStaged) return;
      const encoding = await encodingOf(key, salt, fileRecordBytes);
      const digest = await staging.write(encoding, content, AbortSignal.any([abort.signal, stop.signal]));
      await this.#save(job, { state: 'moving', digest });
      job.content = null;
    };
    const share = contentBytes / layout.encodedBytes;
    const send = upload(
      this.#options.server,
      { bytes: layout.encodedBytes, read: (start, end, room) => staging.read(start, end, room) },
      blob,
      {
        begun: (begun) => this.#save(job, { blob: begun }),
        progress: (bytes) => transfer.moved(Math.min(contentBytes, Math.round(bytes * share))),
      },
      abort.signal,
    ).catch((error: unknown) => {
      // What is staged stays of use when only the way is cut: encrypting goes on to its end then.
      if (!isPassing(error)) stop.abort(error);
      throw error;
    });
    const [staged, sent] = await Promise.allSettled([stage(), send]);
    if (stop.signal.aborted) throw stop.signal.reason;
    if (staged.status === 'rejected') throw staged.reason;
    if (sent.status === 'rejected') throw sent.reason;
  }

  /** Fetch and verify, from wherever it stopped before. Resolves when all of it is here. */
  async download(job: Job): Promise<void> {
    const { store, server } = this.#options;
    const { name, key, digest, blob, contentBytes } = job.record;
    if (blob === null || digest === null) throw new TypeError('not a download');
    job.transfer.start('running');
    const file = { blob, key, digest, layout: layoutOf(contentBytes) };
    await withHandle(store, name, (handle) =>
      fetchInto(server, handle, file, (bytes) => job.transfer.moved(bytes), job.abort.signal),
    );
    await this.#save(job, { state: 'here' });
  }
}
