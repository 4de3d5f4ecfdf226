import type { Core } from '@undertone/client/view';

/** A core in memory, for dev mode and screen tests: `?fake=<scenario>`. */
export function fakeCore(query: URLSearchParams): Core {
  throw new Error(`No scenario '${query.get('fake')}' yet.`);
}
