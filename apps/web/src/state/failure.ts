import { CoreError } from '@undertone/client/view';

/** The sentence for a failed call. Errors that are not the core's are reported to the console and get a general one. */
export function failureSentence(error: unknown): string {
  if (error instanceof CoreError) return error.message;
  reportError(error);
  return 'Something went wrong in this tab. Reload the page and try again.';
}
