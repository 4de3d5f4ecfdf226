export { textBytes } from './content/document.ts';
export { ClientCore, type CoreOptions } from './core.ts';
export type { FileStore, StoreHandle } from './files/file-store.ts';
export { OfflineError, RestClient } from './rest/rest-client.ts';
export type { Leaving, Vaults } from './session/vaults.ts';
export type { SocketLike } from './socket/socket-client.ts';
export * from './view/index.ts';
