import type { AccountId } from '@undertone/protocol';
import type { Vault } from '@undertone/vault';
import type { RestClient } from '../rest/rest-client.ts';
import type { FileEvents, Files } from './file-port.ts';
import type { FileStore } from './file-store.ts';
import { LocalFiles } from './local-files.ts';
import { noFiles } from './no-files.ts';

export interface FilesPlatform {
  openFileStore?(account: AccountId): Promise<FileStore>;
  uploadHeaders?(): Record<string, string>;
}

/** The files of an account, or none where the platform has no place for them. */
export async function openFiles(
  rest: RestClient,
  platform: FilesPlatform,
  vault: Vault,
  account: AccountId,
  { isOnline, ...events }: FileEvents & { isOnline(): boolean },
): Promise<Files> {
  const store = await platform.openFileStore?.(account).catch(() => undefined);
  if (store === undefined) return noFiles;
  return await LocalFiles.open({
    vault,
    store,
    isOnline,
    events,
    serverUsage: () => rest.blobUsage(),
    server: {
      endpoint: rest.blobsAddress,
      headers: () => platform.uploadHeaders?.() ?? {},
      get: (blob, start, signal) => rest.blob(blob, start, signal),
      remove: async (blob) => {
        await rest.removeBlob(blob);
      },
    },
  });
}
