import type { AccountId, Me } from '@undertone/protocol';
import { type Vault, VaultError } from '@undertone/vault';
import type { RestClient } from '../rest/rest-client.ts';
import {
  bindDevice,
  type Device,
  makeDevice,
  readDevice,
  registerDevice,
  saveDevice,
  withRootEntry,
} from './device.ts';
import type { Vaults } from './vaults.ts';

/** What this browser is to the account that is signed in. */
export type OpenedAccount =
  | { readonly kind: 'ready'; readonly vault: Vault; readonly device: Device }
  | { readonly kind: 'no_keys' | 'keys_lost' | 'replaced' | 'locked' };

/** The account's vault; null while it is locked. */
async function unlessLocked(vaults: Vaults, account: AccountId): Promise<Vault | null> {
  return await vaults.open(account).catch((error: unknown) => {
    if (error instanceof VaultError && error.code === 'locked') return null;
    throw error;
  });
}

type Opened = { readonly vault: Vault; readonly device: Device | undefined };

async function openVault(vaults: Vaults, me: Me): Promise<Opened | 'locked' | undefined> {
  if (!(await vaults.exists(me.account.id))) return undefined;
  const vault = await unlessLocked(vaults, me.account.id);
  if (vault === null) return 'locked';
  try {
    return { vault, device: await readDevice(vault) };
  } catch (error) {
    // Records that do not open under this vault's key are as good as lost; anything else may pass.
    if (!(error instanceof VaultError) || error.code !== 'unreadable') throw error;
    vault.close();
    return undefined;
  }
}

/** Make new keys here, in a vault of their own, and make them the account's. */
export async function openWithNewKeys(
  rest: RestClient,
  vaults: Vaults,
  me: Me,
  startAnew: boolean,
): Promise<OpenedAccount> {
  await vaults.remove(me.account.id);
  const vault = await vaults.open(me.account.id);
  const device = await registerDevice(rest, vault, await makeDevice(vault, me), me, startAnew);
  return { kind: 'ready', vault, device };
}

/**
 * Find out where this browser stands with the account, and open its keys where it has them. The first browser of a new
 * account makes them. Nothing is overwritten: an account that has keys elsewhere is left to the person's decision.
 */
export async function openAccount(rest: RestClient, vaults: Vaults, me: Me): Promise<OpenedAccount> {
  const opened = await openVault(vaults, me);
  if (opened === 'locked') return { kind: 'locked' };
  const device = opened?.device;
  if (opened === undefined || device === undefined) {
    opened?.vault.close();
    if (me.devices.length === 0) return await openWithNewKeys(rest, vaults, me, false);
    // The session outlived the keys that it was bound to: this browser had them once.
    return { kind: me.device === null ? 'no_keys' : 'keys_lost' };
  }
  const { vault } = opened;
  if (!me.devices.includes(device.record.device)) {
    if (!device.record.registered && me.devices.length === 0) {
      return { kind: 'ready', vault, device: await registerDevice(rest, vault, device, me, false) };
    }
    vault.close();
    return { kind: device.record.registered ? 'replaced' : 'no_keys' };
  }
  if (me.device !== device.record.device) await bindDevice(rest, me.session, device);
  const signed = await withRootEntry(vault, device, me.now);
  const record = { ...signed.record, registered: true, profile: me.account };
  await saveDevice(vault, record);
  return { kind: 'ready', vault, device: { key: signed.key, record } };
}

/** Without a connection: the keys and history of the account that was here last, or the word that they are locked. */
export async function openOffline(
  vaults: Vaults,
): Promise<
  Extract<OpenedAccount, { kind: 'ready' }> | { readonly kind: 'locked'; readonly account: AccountId } | undefined
> {
  const account = await vaults.lastAccount();
  if (account === null || !(await vaults.exists(account))) return undefined;
  const vault = await unlessLocked(vaults, account);
  if (vault === null) return { kind: 'locked', account };
  const device = await readDevice(vault);
  if (device === undefined) vault.close();
  return device?.record.registered ? { kind: 'ready', vault, device } : undefined;
}
