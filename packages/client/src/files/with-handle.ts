import { storeFailure } from './file-failures.ts';
import type { FileStore, StoreHandle } from './file-store.ts';

/** Open a file of the store for as long as `use` runs. Fails with `storage_full_here` where there is no room, and as `use` does. */
export async function withHandle(
  store: FileStore,
  name: string,
  use: (handle: StoreHandle) => Promise<void>,
): Promise<void> {
  try {
    const handle = await store.open(name);
    try {
      await use(handle);
    } catch (error) {
      // What went wrong first is what counts.
      await handle.close().catch(() => {});
      throw error;
    }
    await handle.close();
  } catch (cause) {
    throw storeFailure(cause);
  }
}
