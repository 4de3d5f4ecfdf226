import { BlobId, ProtocolError } from '@undertone/protocol';
import { OfflineError, parseFailure } from '../rest/rest-client.ts';

/** A request carries so much; large enough that the requests cost little, small enough to be bounded in memory. */
const pieceBytes = 8 * 1024 * 1024;

/** The server side of stored files. */
export interface BlobServer {
  /** The absolute address under which uploads begin. */
  readonly endpoint: string;
  /** What goes with the requests of an upload where there is no cookie jar. */
  headers(): Record<string, string>;
  /** The stored bytes from `start` on. Rejects with `ProtocolError` or `OfflineError`. */
  get(blob: BlobId, start: number, signal: AbortSignal): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;
  remove(blob: BlobId): Promise<void>;
}

export interface UploadSource {
  readonly bytes: number;
  /** A stretch of it, in `room` if that is given. */
  read(start: number, end: number, room?: ArrayBuffer): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Gives bodies for the library's requests, one after the other, each with the `size` that it asks for. Browsers send blobs several times
 * faster than arrays, which they copy bit by bit; a blob is a copy, so the memory from which it is made is used again. Outside of browsers the
 * library takes arrays only.
 */
function piecesOf(source: UploadSource) {
  if (typeof XMLHttpRequest !== 'function') {
    return async (start: number, end: number) => {
      const bytes = await source.read(start, end);
      return Object.assign(bytes, { size: bytes.length });
    };
  }
  const room = new ArrayBuffer(Math.min(pieceBytes, source.bytes));
  return async (start: number, end: number) => new Blob([await source.read(start, end, room)]);
}

/**
 * Bring the bytes to the server by tus (SPEC F2), from where the server has them if `blob` was begun before. `begun` is called with the id
 * before anything is sent, and awaited. Resolves when the server has all of it; rejects with `OfflineError` where the way is cut.
 */
export async function upload(
  server: BlobServer,
  source: UploadSource,
  blob: BlobId | null,
  events: { begun(blob: BlobId): Promise<void>; progress(sentBytes: number): void },
  signal: AbortSignal,
): Promise<BlobId> {
  // Loaded with the first file: most visits send none.
  const { DetailedError, Upload } = await import('tus-js-client');
  signal.throwIfAborted();
  const piece = piecesOf(source);
  return await new Promise<BlobId>((resolve, reject) => {
    let current = blob;
    let begun: Promise<void> = Promise.resolve();
    const failed = (error: unknown) => {
      void transfer.abort().catch(() => {});
      reject(error);
    };
    const transfer = new Upload(new Blob(), {
      endpoint: server.endpoint,
      uploadUrl: blob === null ? null : `${server.endpoint}/${blob}`,
      uploadSize: source.bytes,
      chunkSize: pieceBytes,
      // Going on after a cut is decided by the transfer, which knows when there is a connection.
      retryDelays: null,
      storeFingerprintForResuming: false,
      headers: server.headers(),
      fileReader: {
        openFile: async () => ({
          size: source.bytes,
          slice: async (start: number, end: number) => ({
            value: await piece(start, Math.min(end, source.bytes)),
            done: end >= source.bytes,
          }),
          close: () => {},
        }),
      },
      onUploadUrlAvailable: () => {
        const id = BlobId.safeParse(transfer.url?.split('/').at(-1));
        if (!id.success) return failed(new ProtocolError('internal'));
        if (id.data === current) return;
        current = id.data;
        begun = events.begun(id.data);
        begun.catch(failed);
      },
      onProgress: (sent) => events.progress(sent),
      onSuccess: () => {
        const id = current;
        // Short files are up before it is on record that they were begun.
        if (id === null) failed(new ProtocolError('internal'));
        else void begun.then(() => resolve(id), failed);
      },
      onError: (error) => {
        if (!(error instanceof DetailedError)) return reject(error);
        const response = error.originalResponse;
        reject(
          response === null || response.getStatus() === 0
            ? new OfflineError({ cause: error })
            : parseFailure(response.getStatus(), response.getBody()),
        );
      },
    });
    signal.addEventListener('abort', () => failed(signal.reason), { once: true });
    transfer.start();
  });
}
