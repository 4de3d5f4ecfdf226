export type { KdfParams, ScanRange, StoreName, VaultBackend } from './backend.ts';
export type { DeriveKey } from './lock.ts';
export { prefixRange, Vault, type VaultWrite } from './vault.ts';
export { VaultError } from './vault-error.ts';
export { type UnlockedKey, VaultKeeper, type VaultPlace } from './vault-keeper.ts';
