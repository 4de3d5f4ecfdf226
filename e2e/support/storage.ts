import type { Page } from '@playwright/test';

/** All that a page's origin keeps on this machine, by name. */
export interface Stored {
  readonly databases: readonly string[];
  /** Paths in the origin private file system, folders too. */
  readonly files: readonly string[];
  readonly local: readonly string[];
  readonly session: readonly string[];
  /** Paths of cached answers. */
  readonly cached: readonly string[];
  /** Every value of localStorage, and every value that is not sealed in IndexedDB, as text. */
  readonly words: string;
}

/** Look at everything that the browser keeps for this page. */
export async function storedBy(page: Page): Promise<Stored> {
  return await page.evaluate(async () => {
    const files: string[] = [];
    const walk = async (folder: FileSystemDirectoryHandle, path: string): Promise<void> => {
      for await (const [name, entry] of folder.entries()) {
        files.push(`${path}${name}`);
        if (entry instanceof FileSystemDirectoryHandle) await walk(entry, `${path}${name}/`);
      }
    };
    await walk(await navigator.storage.getDirectory(), '');
    const cached: string[] = [];
    for (const name of await caches.keys()) {
      for (const { url } of await (await caches.open(name)).keys()) cached.push(new URL(url).pathname);
    }
    const databases = (await indexedDB.databases()).map(({ name = '' }) => name);
    const words: string[] = Object.values({ ...localStorage });
    for (const name of databases) {
      const db = await new Promise<IDBDatabase>((resolve, reject) => {
        const open = indexedDB.open(name);
        open.onsuccess = () => resolve(open.result);
        open.onerror = () => reject(open.error);
      });
      for (const store of db.objectStoreNames) {
        const get = db.transaction(store).objectStore(store).getAll();
        await new Promise((resolve) => {
          get.onsuccess = resolve;
        });
        words.push(
          ...get.result.filter((value: unknown) => !(value instanceof Uint8Array)).map((one) => JSON.stringify(one)),
        );
      }
      db.close();
    }
    return {
      databases,
      files,
      local: Object.keys({ ...localStorage }),
      session: Object.keys({ ...sessionStorage }),
      cached,
      words: words.join('\n'),
    };
  });
}
