export type { ScanRange, StoreName, VaultBackend } from './backend.ts';
export { prefixRange, Vault, VaultError, type VaultWrite } from './vault.ts';
