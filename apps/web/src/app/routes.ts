import type { RoomId } from '@undertone/protocol';
import { roomIdOf } from './ids.ts';

/** Where one can be. */
export type Route =
  | { readonly page: 'home' }
  | { readonly page: 'sign-up' }
  | { readonly page: 'sign-in' }
  | { readonly page: 'directory' }
  | { readonly page: 'room'; readonly slug: string }
  | { readonly page: 'thread'; readonly id: RoomId }
  | { readonly page: 'settings' }
  | { readonly page: 'not-found' };

const fixed: Readonly<Record<string, Route>> = {
  '/': { page: 'home' },
  '/signup': { page: 'sign-up' },
  '/login': { page: 'sign-in' },
  '/rooms': { page: 'directory' },
  '/settings': { page: 'settings' },
};

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

/** The route of a path; anything else is `not-found`. */
export function routeOf(path: string): Route {
  const clean = path.length > 1 ? path.replace(/\/+$/, '') : path;
  const known = fixed[clean === '' ? '/' : clean];
  if (known && Object.hasOwn(fixed, clean === '' ? '/' : clean)) return known;
  const [, first, second, ...rest] = clean.split('/');
  if (second === undefined || rest.length > 0) return { page: 'not-found' };
  if (first === 'rooms') {
    const slug = decode(second);
    if (slug) return { page: 'room', slug };
  }
  if (first === 'threads') {
    const id = roomIdOf(second.toLowerCase());
    if (id !== undefined) return { page: 'thread', id };
  }
  return { page: 'not-found' };
}

export const paths = {
  home: '/',
  signUp: '/signup',
  signIn: '/login',
  directory: '/rooms',
  settings: '/settings',
  room: (slug: string) => `/rooms/${encodeURIComponent(slug)}`,
  thread: (id: RoomId) => `/threads/${id}`,
} as const;
