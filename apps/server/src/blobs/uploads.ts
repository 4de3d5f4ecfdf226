import { type Locker, Server } from '@tus/server';
import { type AccountId, type BlobId, ProtocolError } from '@undertone/protocol';
import type { BlobRepository, BlobRow } from './blob-repository.ts';
import type { BlobStore } from './blob-store.ts';
import { isFullStore, uploadFailure } from './upload-failures.ts';
import type { UploadLocks } from './upload-locks.ts';

/** How long a request that another one waits for may go on with what it has received. */
const drainMs = 500;
/** Where tus believes to be: names in addresses are all that it takes from it. */
const anyOrigin = 'http://undertone';

export interface UploadsOptions {
  readonly path: string;
  readonly rows: BlobRepository;
  readonly store: BlobStore;
  readonly locks: UploadLocks;
  readonly maxBytes: number;
}

/** A request of tus, as far as it concerns tus. `headers` are those of its protocol; no other reaches it. */
export interface TusRequest {
  readonly method: 'POST' | 'HEAD' | 'PATCH' | 'OPTIONS';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: ReadableStream<Uint8Array>;
}

export interface TusAnswer {
  readonly status: number;
  readonly headers: Headers;
}

/**
 * SPEC F2: uploads by tus 1.0. The protocol is that of `@tus/server`; whose an upload is, and what it may take, is asked of the rows
 * before tus hears of it.
 */
export class Uploads {
  readonly #rows: BlobRepository;
  readonly #store: BlobStore;
  readonly #locks: UploadLocks;
  readonly #maxBytes: number;
  readonly #path: string;
  readonly #tus: Server;
  readonly #ids = new WeakMap<Request, BlobId>();
  /** What was thrown while tus served a request: its own answer says less. */
  readonly #errors = new WeakMap<Request, unknown>();
  /** What is being written, by id. tus itself goes on as soon as the body ends or fails, before its store is done with it. */
  readonly #writing = new Map<string, Promise<void>>();
  /** Uploads that their store had no room for. tus takes a store that fails for a cut connection where it sees the body close first. */
  readonly #full = new Set<string>();
  readonly #running = new Set<Promise<unknown>>();

  constructor({ path, rows, store, locks, maxBytes }: UploadsOptions) {
    this.#rows = rows;
    this.#store = store;
    this.#locks = locks;
    this.#maxBytes = maxBytes;
    this.#path = path;
    const write = store.tus.write.bind(store.tus);
    store.tus.write = (body, id, offset) => {
      const written = write(body, id, offset);
      const done = written.then(
        () => {},
        (error: unknown) => {
          if (isFullStore(error)) this.#full.add(id);
        },
      );
      this.#writing.set(id, done);
      return written;
    };
    // The next request on the upload begins when the store is done with the one before.
    const locker: Locker = {
      newLock: (id) => {
        const lock = locks.newLock(id);
        const unlock = async (): Promise<void> => {
          await this.#writing.get(id);
          this.#writing.delete(id);
          await lock.unlock();
        };
        return { lock: (signal, requestRelease) => lock.lock(signal, requestRelease), unlock };
      },
    };
    this.#tus = new Server({
      path,
      datastore: store.tus,
      locker,
      lockDrainTimeout: drainMs,
      relativeLocation: true,
      maxSize: maxBytes,
      namingFunction: (request) => this.#ids.get(request) ?? '',
      onUploadFinish: async (_request, { id }) => {
        await this.#finish(id as BlobId);
        return {};
      },
      onResponseError: (request, error) => {
        this.#errors.set(request, error);
        return undefined;
      },
    });
  }

  /** What the server can do (OPTIONS). */
  describe(): Promise<TusAnswer> {
    return this.#ask({ method: 'OPTIONS', headers: {} });
  }

  /**
   * Begin an upload of `bytes`. Fails with `blob_too_large`, `blob_quota` or `storage_full`, and then nothing of it is there.
   */
  async begin(account: AccountId, bytes: number, headers: TusRequest['headers']): Promise<TusAnswer> {
    const maxBytes = this.#maxBytes;
    if (bytes > maxBytes) throw new ProtocolError('blob_too_large', { maxBytes });
    await this.#store.requireSpace(bytes);
    const { id, expiresAt } = await this.#rows.begin(account, bytes);
    try {
      const answer = await this.#ask({ method: 'POST', headers }, id);
      answer.headers.set('upload-expires', expiresAt.toUTCString());
      return answer;
    } catch (error) {
      await this.#discard(id);
      throw error;
    }
  }

  /** How far an upload is (HEAD). */
  async offset(account: AccountId, id: BlobId, headers: TusRequest['headers']): Promise<TusAnswer> {
    const row = await this.#rows.own(account, id);
    const answer = await this.#ask({ method: 'HEAD', headers }, id);
    // The process may have ended between the last byte and the row.
    if (!row.complete && answer.headers.get('upload-offset') === String(row.bytes)) await this.#finish(id);
    return this.#withExpiry(answer, row);
  }

  /** Go on with an upload (PATCH). Where the store is full the upload ends, and nothing of it stays. */
  async append(
    account: AccountId,
    id: BlobId,
    headers: TusRequest['headers'],
    body: ReadableStream<Uint8Array>,
  ): Promise<TusAnswer> {
    const row = await this.#rows.own(account, id);
    try {
      return this.#withExpiry(await this.#ask({ method: 'PATCH', headers, body }, id), row);
    } catch (error) {
      if (error instanceof ProtocolError && error.code === 'storage_full') await this.#discard(id);
      throw error;
    }
  }

  /** End an upload, or delete a file that no message names. */
  async terminate(account: AccountId, id: BlobId): Promise<void> {
    const row = await this.#rows.own(account, id);
    if (row.attached || !(await this.#discard(id))) {
      throw new ProtocolError('invalid_request', { reason: 'a message names this file' });
    }
  }

  /** Delete what is stored under an id that is given up, then its row. Until that has happened it will be tried again. */
  async delete(id: BlobId): Promise<void> {
    await this.#locks.run(id, () => this.#store.remove(id));
    await this.#rows.forget(id);
  }

  /** Resolves when no request of tus is under way. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  async #discard(id: BlobId): Promise<boolean> {
    const was = await this.#rows.giveUp(id);
    // What cannot be deleted now is given up, and tried again by the collector.
    if (was) await this.delete(id).catch(() => {});
    return was;
  }

  async #finish(id: BlobId): Promise<void> {
    await this.#locks.run(id, () => this.#store.persist(id));
    await this.#rows.complete(id);
  }

  #withExpiry(answer: TusAnswer, { complete, expiresAt }: BlobRow): TusAnswer {
    if (!complete && expiresAt !== null) answer.headers.set('upload-expires', expiresAt.toUTCString());
    return answer;
  }

  #ask(request: TusRequest, id?: BlobId): Promise<TusAnswer> {
    const running = this.#serve(request, id);
    this.#running.add(running);
    const done = (): unknown => this.#running.delete(running);
    running.then(done, done);
    return running;
  }

  async #serve({ method, headers, body }: TusRequest, id: BlobId | undefined): Promise<TusAnswer> {
    const path = method === 'POST' || id === undefined ? this.#path : `${this.#path}/${id}`;
    const request = new Request(`${anyOrigin}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body, duplex: 'half' }),
    });
    if (id !== undefined) this.#ids.set(request, id);
    const response = await this.#tus.handleWeb(request);
    if (id !== undefined && this.#full.delete(id)) throw new ProtocolError('storage_full');
    const error = this.#errors.get(request);
    if (error !== undefined || response.status >= 400) throw uploadFailure(error, response.status);
    return { status: response.status, headers: response.headers };
  }
}
