import { parseIdentity } from '@undertone/identity';
import { readKeyPackage } from '@undertone/mls/profile';
import { type AccountId, equalBytes, fromBase64url, ProtocolError } from '@undertone/protocol';
import { CoreError } from '../view/core.ts';
import type { RoomDeps } from './room-deps.ts';

export interface ClaimedPackages {
  readonly keyPackages: readonly Uint8Array[];
  /** Accounts of which one was the last resort: others may have been given the same one. */
  readonly lastResort: readonly AccountId[];
}

const changed = (message: string): CoreError => new CoreError({ code: 'identity_changed', message });

/**
 * A key package of every device that these accounts have by their pinned key logs, as they are now, and of no other: the server hands key
 * packages out, so who they let in is checked here (SPEC I9). Rejects with `no_key_package` if a device has none, and with
 * `identity_changed` for an account whose identity the person has to look at first.
 */
export async function keyPackagesOf(deps: RoomDeps, accounts: readonly AccountId[]): Promise<ClaimedPackages> {
  const { identities } = deps;
  await identities.refresh(accounts);
  if (accounts.some((account) => identities.concern(account) !== undefined)) {
    throw changed('The safety number of a person you chose has changed. Look at it first, then try again.');
  }
  const claimed = (await deps.claimKeyPackages(accounts)).keyPackages;
  const wanted = new Set(
    accounts.flatMap((account) => identities.devices(account).map((device) => `${account}/${device}`)),
  );
  const keyPackages: Uint8Array[] = [];
  const lastResorts = new Set<AccountId>();
  for (const { keyPackage } of claimed) {
    const bytes = fromBase64url(keyPackage);
    const { identity, signatureKey, lastResort } = await readKeyPackage(bytes);
    const parsed = parseIdentity(identity);
    const key = parsed && identities.deviceKey(parsed.account, parsed.device);
    const isDevices = key !== undefined && equalBytes(key, signatureKey);
    if (parsed === undefined || !isDevices || !wanted.delete(`${parsed.account}/${parsed.device}`)) {
      throw changed('The server offered keys that are not those of the people you chose. Nobody was added.');
    }
    if (lastResort) lastResorts.add(parsed.account);
    keyPackages.push(bytes);
  }
  if (wanted.size > 0 || keyPackages.length < accounts.length) throw new ProtocolError('no_key_package');
  return { keyPackages, lastResort: [...lastResorts] };
}
