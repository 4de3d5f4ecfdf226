import { type ErrorCode, ProtocolError } from '@undertone/protocol';

/** What tus refuses, by the status that it would answer with. */
const codes: Readonly<Record<number, ErrorCode>> = {
  404: 'unknown_blob',
  // The offset is not where the upload is: the client asks for it (HEAD), and goes on there.
  409: 'blob_incomplete',
  410: 'unknown_blob',
  413: 'blob_too_large',
};

/** A full disk, a full quota of the system's, and how S3-compatible stores say the same. */
const fullStoreNames: ReadonlySet<unknown> = new Set([
  'ENOSPC',
  'EDQUOT',
  'XMinioStorageFull',
  'InsufficientStorage',
  'QuotaExceeded',
]);

interface Failure {
  readonly code?: unknown;
  readonly name?: unknown;
  readonly status_code?: unknown;
  readonly body?: unknown;
}

/** Whether a store failed because it is full. */
export function isFullStore(error: unknown): boolean {
  if (error instanceof ProtocolError) return error.code === 'storage_full';
  const { code, name } = (error ?? {}) as Failure;
  return fullStoreNames.has(code) || fullStoreNames.has(name);
}

/**
 * What went wrong with a request of tus, in our codes: `error` is what was thrown (tus throws plain objects with a status), `status`
 * what tus answered.
 */
export function uploadFailure(error: unknown, status: number): ProtocolError {
  if (error instanceof ProtocolError) return error;
  if (isFullStore(error)) return new ProtocolError('storage_full', {}, { cause: error });
  const { status_code: tusStatus, body } = (error ?? {}) as Failure;
  // An error that is not tus' own is a failure of ours.
  if (error !== undefined && tusStatus === undefined) return new ProtocolError('internal', {}, { cause: error });
  const isLock = typeof body === 'string' && body.includes('lock');
  const known = isLock ? 'unavailable' : codes[status];
  const fallback = status >= 500 ? 'internal' : 'invalid_request';
  return new ProtocolError(known ?? fallback, {}, { cause: error });
}
