/// <reference lib="webworker" />
declare const self: ServiceWorkerGlobalScope;

/**
 * Opens the app without a network. It holds one build's shell (plugins/offline-shell.ts fills in which files) and nothing else: no
 * answer of the API is ever stored here, messages are in the core's sealed storage.
 *
 * Pages come from the network as long as there is one, so that a reload always brings the newest build; hashed files come from
 * the cache. A new build's worker waits until the tabs of the old one are closed: they keep the chunks that they may still load.
 */
const shell: { version: string; files: string[] } = JSON.parse('__UNDERTONE_SHELL__');
const cacheName = `undertone-${shell.version}`;

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(cacheName).then((cache) => cache.addAll(shell.files)));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(forgetOldBuilds());
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin || url.pathname.startsWith('/api/')) return;
  if (request.mode === 'navigate') event.respondWith(page(request));
  else if (shell.files.includes(url.pathname)) event.respondWith(file(request, url.pathname));
});

async function forgetOldBuilds(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(
    names.filter((name) => name.startsWith('undertone-') && name !== cacheName).map((name) => caches.delete(name)),
  );
}

async function page(request: Request): Promise<Response> {
  try {
    const answer = await fetch(request);
    if (answer.status < 500) return answer;
  } catch {
    // No network, or the server is down: the shell.
  }
  return (await caches.match('/', { cacheName })) ?? Response.error();
}

async function file(request: Request, path: string): Promise<Response> {
  return (await caches.match(path, { cacheName })) ?? fetch(request);
}

export {};
