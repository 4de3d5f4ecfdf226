/**
 * The identity of device `device` of test user `user`, in the form that core-crypto demands of every member: a UUID, a hexadecimal
 * number without leading zeros, and a domain.
 */
export function testIdentity(user: number, device = 1): Uint8Array<ArrayBuffer> {
  const tail = user.toString(16).padStart(12, '0');
  return new TextEncoder().encode(`00000000-0000-4000-8000-${tail}:${device.toString(16)}@undertone.example`);
}

/** The parts of such an identity. */
export function identityParts(identity: Uint8Array): { user: string; device: bigint; domain: string } {
  const [, user, device, domain] = /^([^:]+):([0-9a-f]+)@(.+)$/.exec(new TextDecoder().decode(identity)) ?? [];
  if (user === undefined || device === undefined || domain === undefined)
    throw new Error('not an identity of this form');
  return { user, device: BigInt(`0x${device}`), domain };
}
