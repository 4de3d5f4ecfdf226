/** Where to go after signing in: the page that asked for it, if it is one of this origin and not a way in or out itself. */
export function nextPath(next: string | null, origin: string): string {
  if (next === null || !URL.canParse(next, origin)) return '/';
  const url = new URL(next, origin);
  const waysIn = ['/login', '/signup'];
  if (url.origin !== origin || waysIn.includes(url.pathname) || url.pathname.startsWith('/api')) return '/';
  return url.pathname + url.search;
}
