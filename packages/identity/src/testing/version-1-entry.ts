import { encode } from '@msgpack/msgpack';
import type { DeviceIdentity } from '../credential.ts';
import { type SigningKey, signWithLabel } from '../signing-key.ts';

/** A key log of version 1, as accounts have that did not come back since: just this entry. Nothing that ships makes one. */
export async function createVersion1Entry(
  { account, device }: DeviceIdentity,
  key: SigningKey,
): Promise<Uint8Array<ArrayBuffer>> {
  const body = encode({
    version: 1,
    account,
    index: 0,
    previous: new Uint8Array(0),
    kind: 'root',
    device,
    key: key.publicKey,
  });
  return encode([body, await signWithLabel(key.privateKey, 'undertone key log 1', body)]).slice();
}
