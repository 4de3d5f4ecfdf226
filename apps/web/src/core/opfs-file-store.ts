import type { FileStore, StoreHandle } from '@undertone/client';
import type { AccountId } from '@undertone/protocol';

/** What is left to the rest of the browser's storage. */
const reservedBytes = 64 * 1024 * 1024;

const filesName = 'files';

async function accountFolder(account: AccountId): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  const files = await root.getDirectoryHandle(filesName, { create: true });
  return await files.getDirectoryHandle(account, { create: true });
}

/** A file that is open cannot be removed. This worker is the only one that opens any. */
const openHandles = new Set<FileSystemSyncAccessHandle>();

async function unlessGone(remove: Promise<void>): Promise<void> {
  await remove.catch((error: unknown) => {
    if (!(error instanceof DOMException) || error.name !== 'NotFoundError') throw error;
  });
}

const noRoom = (): DOMException => new DOMException('no room', 'QuotaExceededError');

function handleOf(access: FileSystemSyncAccessHandle): StoreHandle {
  openHandles.add(access);
  let size = access.getSize();
  return {
    get size() {
      return size;
    },
    read: async (start, end, room) => {
      const length = Math.max(0, Math.min(end, size) - start);
      const bytes = new Uint8Array(room && room.byteLength >= length ? room : new ArrayBuffer(length), 0, length);
      const read = access.read(bytes, { at: start });
      return read === bytes.length ? bytes : bytes.subarray(0, read);
    },
    write: async (at, bytes) => {
      // Without room this throws `QuotaExceededError`, or gives another number than it was asked to write.
      if (access.write(bytes, { at }) !== bytes.length) throw noRoom();
      size = Math.max(size, at + bytes.length);
    },
    close: async () => {
      access.flush();
      // Private windows keep all of it in memory, and have been seen to drop writes that did not fit there.
      const isWhole = access.getSize() === size;
      access.close();
      openHandles.delete(access);
      if (!isWhole) throw noRoom();
    },
  };
}

/**
 * The origin private file system, one folder per account. Its synchronous handles exist in workers only, and one worker holds the core;
 * they write without a copy in memory and without a transaction.
 */
export class OpfsFileStore implements FileStore {
  readonly #folder: FileSystemDirectoryHandle;

  private constructor(folder: FileSystemDirectoryHandle) {
    this.#folder = folder;
  }

  /** Rejects where the browser has no such file system, as in some private windows. */
  static async open(account: AccountId): Promise<OpfsFileStore> {
    return new OpfsFileStore(await accountFolder(account));
  }

  /** Remove all files of an account, which nobody uses any more. Rejects if any of them may still be there. */
  static async removeAll(account: AccountId): Promise<void> {
    const root = await navigator.storage.getDirectory().catch(() => undefined);
    // Without a file system, as in some private windows, there are no files.
    if (root === undefined) return;
    for (const handle of openHandles) handle.close();
    openHandles.clear();
    const files = await root.getDirectoryHandle(filesName, { create: true });
    await unlessGone(files.removeEntry(account, { recursive: true }));
    const { done } = await files.keys().next();
    if (done) await unlessGone(root.removeEntry(filesName));
  }

  async open(name: string): Promise<StoreHandle> {
    const file = await this.#folder.getFileHandle(name, { create: true });
    return handleOf(await file.createSyncAccessHandle());
  }

  async blob(name: string): Promise<Blob> {
    return await (await this.#folder.getFileHandle(name)).getFile();
  }

  async remove(name: string): Promise<void> {
    await this.#folder.removeEntry(name);
  }

  async names(): Promise<string[]> {
    const names: string[] = [];
    for await (const name of this.#folder.keys()) names.push(name);
    return names;
  }

  async usage() {
    let usedBytes = 0;
    for await (const entry of this.#folder.values()) {
      if (entry.kind === 'file') usedBytes += (await entry.getFile().catch(() => undefined))?.size ?? 0;
    }
    const { usage = 0, quota = 0 } = await navigator.storage.estimate();
    return { usedBytes, quotaBytes: usedBytes + Math.max(0, quota - usage - reservedBytes) };
  }

  async persist(): Promise<void> {
    await navigator.storage.persist();
  }
}
