import { parseIdentity } from '@undertone/identity';
import { readKeyPackage } from '@undertone/mls/profile';
import { type AccountId, fromBase64url, ProtocolError } from '@undertone/protocol';
import { CoreError } from '../view/core.ts';
import type { RoomDeps } from './room-deps.ts';

/**
 * A key package of every device that these accounts have by their key logs, as they are now, and of no other: the server hands key
 * packages out, so who they let in is checked here (SPEC I9). Rejects with `no_key_package` if a device has none.
 */
export async function keyPackagesOf(deps: RoomDeps, accounts: readonly AccountId[]): Promise<Uint8Array[]> {
  const { keyPackages } = await deps.claimKeyPackages(accounts);
  await deps.identities.refresh(accounts);
  const wanted = new Set(
    accounts.flatMap((account) => deps.identities.devices(account).map((device) => `${account}/${device}`)),
  );
  const found: Uint8Array[] = [];
  for (const { keyPackage } of keyPackages) {
    const bytes = fromBase64url(keyPackage);
    const { identity } = await readKeyPackage(bytes);
    const parsed = parseIdentity(identity);
    if (parsed === undefined || !wanted.delete(`${parsed.account}/${parsed.device}`)) {
      throw new CoreError({
        code: 'identity_changed',
        message: 'The server offered keys that are not those of the people you chose. Nobody was added.',
      });
    }
    found.push(bytes);
  }
  if (wanted.size > 0 || found.length < accounts.length) throw new ProtocolError('no_key_package');
  return found;
}
