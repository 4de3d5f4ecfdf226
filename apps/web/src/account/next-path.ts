/**
 * Where to go after signing in or up: the page that asked for it, if it is one of this origin and not a way in or out itself; else
 * `otherwise`.
 */
export function nextPath(next: string | null, origin: string, otherwise: string): string {
  if (next === null || !URL.canParse(next, origin)) return otherwise;
  const url = new URL(next, origin);
  const waysIn = ['/login', '/signup'];
  if (url.origin !== origin || waysIn.includes(url.pathname) || url.pathname.startsWith('/api')) return otherwise;
  return url.pathname + url.search;
}
