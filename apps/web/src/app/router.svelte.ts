import { tick } from 'svelte';
import { type Route, routeOf } from './routes.ts';

/** The address bar as state. One instance, made at entry; links are plain `<a href>` and are taken over here. */
export class Router {
  #path = $state(location.pathname);
  #search = $state(location.search);
  readonly #route: Route = $derived(routeOf(this.#path));
  #leaveGuards = new Set<() => void>();

  get route(): Route {
    return this.#route;
  }

  get path(): string {
    return this.#path;
  }

  get query(): URLSearchParams {
    return new URLSearchParams(this.#search);
  }

  /** Go to a path of this app. `replace` leaves no way back to the present one. */
  navigate(path: string, { replace = false }: { replace?: boolean } = {}): void {
    const url = new URL(path, location.origin);
    // `?fake` (the gallery of dev mode) stays on while one moves about.
    if (import.meta.env.DEV && new URLSearchParams(location.search).has('fake')) {
      const fake = new URLSearchParams(location.search).get('fake') ?? '';
      if (!url.searchParams.has('fake')) url.searchParams.set('fake', fake);
    }
    if (url.pathname === location.pathname && url.search === location.search) return;
    for (const guard of this.#leaveGuards) guard();
    if (replace) history.replaceState(null, '', url);
    else history.pushState(null, '', url);
    this.#read();
  }

  /** Called before the address changes, for what must be saved first. Returns the function that ends it. */
  onLeave(guard: () => void): () => void {
    this.#leaveGuards.add(guard);
    return () => this.#leaveGuards.delete(guard);
  }

  /** Listen to the address bar and to clicks on links. Returns the function that ends it. */
  start(): () => void {
    const popped = () => {
      for (const guard of this.#leaveGuards) guard();
      this.#read();
    };
    const clicked = (event: MouseEvent) => {
      const path = internalPath(event);
      if (path === undefined) return;
      event.preventDefault();
      this.navigate(path);
    };
    addEventListener('popstate', popped);
    document.addEventListener('click', clicked);
    return () => {
      removeEventListener('popstate', popped);
      document.removeEventListener('click', clicked);
    };
  }

  #read(): void {
    this.#path = location.pathname;
    this.#search = location.search;
  }
}

/** The path of a plain click on a link within the app, or `undefined` where the browser should act. */
function internalPath(event: MouseEvent): string | undefined {
  if (event.defaultPrevented || event.button !== 0) return undefined;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return undefined;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (!link?.href || link.target || link.hasAttribute('download')) return undefined;
  const url = new URL(link.href);
  if (url.origin !== location.origin || url.pathname.startsWith('/api')) return undefined;
  if (url.hash && url.pathname === location.pathname) return undefined;
  return url.pathname + url.search;
}

/** Put the focus on the page's heading after a change of route, so that it is announced and Tab starts there. */
export async function focusPageHeading(): Promise<void> {
  await tick();
  // Beside a list of rooms, the last heading is that of the room.
  const heading = [...document.querySelectorAll<HTMLElement>('[data-page-heading]')].at(-1);
  heading?.focus({ preventScroll: true });
}
