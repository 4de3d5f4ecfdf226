import { ProtocolError } from '@undertone/protocol';
import { OfflineError } from '../rest/rest-client.ts';
import { CoreError } from '../view/core.ts';

/** The person's own file is not what it was when it was chosen, or its reading was cut off. */
export const unreadableFile = (options?: ErrorOptions): CoreError =>
  new CoreError(
    {
      code: 'file_unreadable',
      message: 'The file could not be read to its end: it was moved, changed, or the page was closed. Choose it again.',
    },
    options,
  );

const nameOf = (error: unknown): string => (error instanceof Error || error instanceof DOMException ? error.name : '');

/** A failure of reading what the person chose. */
export const readingFailure = (cause: unknown): unknown =>
  ['NotReadableError', 'NotFoundError', 'SecurityError'].includes(nameOf(cause)) ? unreadableFile({ cause }) : cause;

/** A failure of the platform's store. */
export function storeFailure(cause: unknown): unknown {
  if (nameOf(cause) !== 'QuotaExceededError') return cause;
  return new CoreError(
    {
      code: 'storage_full_here',
      message: 'This browser has no room left for files. Delete some, or free space on this device, then try again.',
    },
    { cause },
  );
}

/** Whether the transfer is to go on by itself, later: the way was interrupted, and nothing is wrong with the file. */
export function isPassing(error: unknown): boolean {
  if (error instanceof OfflineError) return true;
  return (
    error instanceof ProtocolError &&
    ['internal', 'unavailable', 'rate_limited', 'blob_incomplete'].includes(error.code)
  );
}
