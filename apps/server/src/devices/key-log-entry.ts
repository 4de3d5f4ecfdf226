import { createPublicKey, verify } from 'node:crypto';
import { type AccountId, type DeviceId, decodeMsgpack, equalBytes, ProtocolError } from '@undertone/protocol';
import { z } from 'zod';

const binary = z.instanceof(Uint8Array);
const SignedEntry = z.tuple([binary, binary]);
const RootBody = z.strictObject({
  version: z.literal(1),
  account: z.string(),
  index: z.literal(0),
  previous: binary.refine((hash) => hash.length === 0),
  kind: z.literal('root'),
  device: z.string(),
  key: binary,
});

/** Whether `signature` is the Ed25519 signature of `message` under a raw public key (RFC 8032). */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    const x = Buffer.from(publicKey).toString('base64url');
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    return verify(null, message, key, signature);
  } catch {
    return false;
  }
}

export interface RootClaim {
  readonly account: AccountId;
  readonly device: DeviceId;
  readonly signatureKey: Uint8Array;
}

/**
 * SPEC I2, I3: whether `entry` is a first key log entry for just this account, device and key, signed by that key. Clients check it
 * for themselves; the server refuses early what none of them would accept. Fails with `invalid_proof`.
 */
export function checkRootEntry(entry: Uint8Array, claim: RootClaim): void {
  const fail = (reason: string, cause?: unknown) => new ProtocolError('invalid_proof', { reason }, { cause });
  let signed: [Uint8Array, Uint8Array];
  let body: z.infer<typeof RootBody>;
  try {
    signed = SignedEntry.parse(decodeMsgpack(entry));
    body = RootBody.parse(decodeMsgpack(signed[0]));
  } catch (cause) {
    throw fail('not a first key log entry', cause);
  }
  if (body.account !== claim.account || body.device !== claim.device || !equalBytes(body.key, claim.signatureKey)) {
    throw fail('the entry is for something else');
  }
  const message = Buffer.concat([Buffer.from('undertone key log 1\n'), signed[0]]);
  if (!verifyEd25519(claim.signatureKey, message, signed[1])) throw fail('wrong signature');
}
