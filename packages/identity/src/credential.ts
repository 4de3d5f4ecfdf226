import { AccountId, DeviceId } from '@undertone/protocol';

export interface DeviceIdentity {
  readonly account: AccountId;
  readonly device: DeviceId;
}

/** The identity of a basic MLS credential (SPEC I1, RFC 9420 §5.3). */
export function encodeIdentity({ account, device }: DeviceIdentity): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${account}/${device}`);
}

/** The account and device of a credential, or `undefined` if it is not one of ours. */
export function parseIdentity(identity: Uint8Array): DeviceIdentity | undefined {
  // A byte order mark must not be taken away: one device would have two identities.
  const [account, device, ...rest] = new TextDecoder('utf-8', { ignoreBOM: true }).decode(identity).split('/');
  const parsedAccount = AccountId.safeParse(account);
  const parsedDevice = DeviceId.safeParse(device);
  if (!parsedAccount.success || !parsedDevice.success || rest.length > 0) return undefined;
  return { account: parsedAccount.data, device: parsedDevice.data };
}
