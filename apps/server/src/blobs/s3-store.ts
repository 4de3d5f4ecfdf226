import { Readable } from 'node:stream';
import type { S3, S3ClientConfig } from '@aws-sdk/client-s3';
import type { MetadataValue } from '@tus/s3-store';
import { type DataStore, type KvStore, MemoryKvStore } from '@tus/server';
import { type BlobId, ProtocolError } from '@undertone/protocol';
import type { S3Settings } from '../settings.ts';
import { StartupError } from '../startup-error.ts';
import { type BlobStore, type ByteRange, blobIdOf, type StoredBlob, tusExtensions } from './blob-store.ts';

/** Parts of an upload under way at a time, of all uploads together. Each waits in a file of 8 MiB in the folder for temporary files. */
const concurrentParts = 4;

interface S3Failure {
  readonly name?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

const isMissing = (error: unknown): boolean =>
  ['NotFound', 'NoSuchKey', 'NoSuchUpload'].includes((error as S3Failure).name ?? '') ||
  (error as S3Failure).$metadata?.httpStatusCode === 404;

/** Only what exists can be gone already. */
async function unlessMissing<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/**
 * Blobs as objects of a bucket, each named by its id. Beside it tus keeps `<id>.info` (which multipart upload it is) and, between
 * requests, `<id>.part` (the end that is too short for a part). The bucket is the server's own.
 */
export class S3Store implements BlobStore {
  readonly tus: DataStore;
  readonly #settings: S3Settings;
  readonly #client: S3;
  readonly #uploads: KvStore<MetadataValue>;

  private constructor(settings: S3Settings, client: S3, tus: DataStore, uploads: KvStore<MetadataValue>) {
    this.#settings = settings;
    this.#client = client;
    this.#uploads = uploads;
    this.tus = tus;
    this.tus.extensions = tusExtensions;
  }

  /** Loads the client of S3 first: it is large, and a server whose files are in a folder does without. */
  static async load(settings: S3Settings): Promise<S3Store> {
    const [{ S3 }, { S3Store: TusS3Store }] = await Promise.all([
      import('@aws-sdk/client-s3'),
      import('@tus/s3-store'),
    ]);
    const { bucket, endpoint, region, credentials } = settings;
    const config: S3ClientConfig = {
      region,
      ...(credentials === undefined ? {} : { credentials }),
      // Checksums in trailers are AWS' own; others may not know them, and buckets as parts of host names neither.
      ...(endpoint === undefined
        ? {}
        : {
            endpoint,
            forcePathStyle: true,
            requestChecksumCalculation: 'WHEN_REQUIRED' as const,
            responseChecksumValidation: 'WHEN_REQUIRED' as const,
          }),
    };
    const uploads = new MemoryKvStore<MetadataValue>();
    const tus = new TusS3Store({
      s3ClientConfig: { ...config, bucket },
      cache: uploads,
      useTags: false,
      maxConcurrentPartUploads: concurrentParts,
    });
    return new S3Store(settings, new S3(config), tus, uploads);
  }

  get #at(): { Bucket: string } {
    return { Bucket: this.#settings.bucket };
  }

  async open(): Promise<void> {
    try {
      await this.#client.headBucket(this.#at);
    } catch (cause) {
      const { name, message } = cause as Error;
      const { bucket, endpoint = 'AWS' } = this.#settings;
      throw new StartupError(`The bucket ${bucket} at ${endpoint} cannot be used: ${name}: ${message}`, 1, { cause });
    }
  }

  async requireSpace(): Promise<void> {}

  /** An object that S3 has acknowledged is durable. Parts that were never put together, as the process ended before, are so now. */
  async persist(id: BlobId): Promise<void> {
    if ((await unlessMissing(this.#client.headObject({ ...this.#at, Key: id }))) !== undefined) return;
    const { offset } = await this.tus.getUpload(id);
    await this.tus.write(Readable.from([]), id, offset);
  }

  async read(id: BlobId, { start, end }: ByteRange): Promise<Readable> {
    const object = await unlessMissing(
      this.#client.getObject({ ...this.#at, Key: id, Range: `bytes=${start}-${end}` }),
    );
    if (!(object?.Body instanceof Readable)) throw new ProtocolError('unknown_blob');
    return object.Body;
  }

  async remove(id: BlobId): Promise<void> {
    const info = await unlessMissing(this.#client.headObject({ ...this.#at, Key: `${id}.info` }));
    const uploadId = info?.Metadata?.['upload-id'];
    if (uploadId !== undefined) await this.#abort(id, uploadId);
    await this.#uploads.delete(id);
    // The note of the multipart upload goes last: without it nobody would know what to end.
    for (const key of [id, `${id}.part`, `${id}.info`]) {
      await unlessMissing(this.#client.deleteObject({ ...this.#at, Key: key }));
    }
    if (uploadId === undefined) await this.#abortUnnoted(id);
  }

  async *list(): AsyncIterable<StoredBlob> {
    for (let token: string | undefined, more = true; more; ) {
      const page = await this.#client.listObjectsV2({
        ...this.#at,
        ...(token === undefined ? {} : { ContinuationToken: token }),
      });
      for (const { Key = '', LastModified } of page.Contents ?? []) {
        const id = blobIdOf(Key.replace(/\.(?:info|part)$/, ''));
        if (id !== undefined) yield { id, changedAt: LastModified?.getTime() ?? Date.now() };
      }
      token = page.NextContinuationToken;
      more = page.IsTruncated === true && token !== undefined;
    }
    for (const upload of await this.#multipartUploads()) {
      const id = blobIdOf(upload.Key ?? '');
      if (id !== undefined) yield { id, changedAt: upload.Initiated?.getTime() ?? Date.now() };
    }
  }

  async #abort(id: BlobId, uploadId: string): Promise<void> {
    await unlessMissing(this.#client.abortMultipartUpload({ ...this.#at, Key: id, UploadId: uploadId }));
  }

  /** End multipart uploads whose `.info` was never written: the process ended in between. */
  async #abortUnnoted(id: BlobId): Promise<void> {
    for (const { Key, UploadId } of await this.#multipartUploads(id)) {
      if (Key === id && UploadId !== undefined) await this.#abort(id, UploadId);
    }
  }

  /** Those that are under way. More than one page of them is left for the next time. */
  async #multipartUploads(prefix?: string) {
    const page = await this.#client.listMultipartUploads({
      ...this.#at,
      ...(prefix === undefined ? {} : { Prefix: prefix }),
    });
    return page.Uploads ?? [];
  }
}
