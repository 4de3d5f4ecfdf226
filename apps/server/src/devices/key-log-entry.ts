import { encode } from '@msgpack/msgpack';
import { type AccountId, type DeviceId, decodeMsgpack, equalBytes, ProtocolError } from '@undertone/protocol';
import { usernameKeys } from '@undertone/protocol/username-key';
import { z } from 'zod';
import { serverLimits } from '../server-limits.ts';
import { verifyEd25519 } from './ed25519.ts';

const binary = z.instanceof(Uint8Array);
const empty = binary.refine((hash) => hash.length === 0);
const SignedEntry = z.tuple([binary, binary]);
/** `[version, account, root, index, previous, time, kind, signer, [username, skeleton, device, key]]` (SPEC I2). */
const RootBody = z.tuple([
  z.literal(2),
  z.string(),
  empty,
  z.literal(0),
  empty,
  z.number().int().min(0),
  z.literal('root'),
  z.string(),
  z.tuple([z.string(), z.string(), z.string(), binary]),
]);
/** Of a first entry of version 1, what a later one has to agree with. */
const FormerRootBody = z.object({ version: z.literal(1), kind: z.literal('root'), device: z.string(), key: binary });

/** Whom a first key log entry has to be for. */
export interface RootClaim {
  readonly account: AccountId;
  /** As the account has it. */
  readonly username: string;
  readonly device: DeviceId;
  readonly signatureKey: Uint8Array;
}

const refused = (reason: string, cause?: unknown) => new ProtocolError('invalid_proof', { reason }, { cause });

/** What the msgpack bytes hold. Fails where encoding that again gives other bytes: one entry has one spelling, so one hash. */
function decodeCanonical(data: Uint8Array): unknown {
  const value = decodeMsgpack(data);
  if (!equalBytes(encode(value), data)) throw new RangeError('not in canonical form');
  return value;
}

/** Body and signature of a first entry of version 2. Fails with `invalid_proof`. */
function readRoot(entry: Uint8Array): { signed: Uint8Array; signature: Uint8Array; body: z.infer<typeof RootBody> } {
  try {
    const [signed, signature] = SignedEntry.parse(decodeCanonical(entry));
    return { signed, signature, body: RootBody.parse(decodeCanonical(signed)) };
  } catch (cause) {
    throw refused('not a first key log entry', cause);
  }
}

/**
 * SPEC I2, I3: whether `entry` is a first key log entry for just this account, username, device and key, made now and signed by that
 * key. Clients check it for themselves; the server refuses early what none of them would accept. Fails with `invalid_proof`.
 */
export function checkRootEntry(entry: Uint8Array, claim: RootClaim, now = Date.now()): void {
  const { signed, signature, body } = readRoot(entry);
  const [, account, , , , time, , signer, [username, skeleton, device, key]] = body;
  if (account !== claim.account) throw refused('the entry is of another account');
  if (username !== claim.username) throw refused('the entry names another username');
  if (skeleton !== usernameKeys(claim.username).usernameKey)
    throw refused('the entry has another skeleton of the username');
  if (device !== claim.device || signer !== claim.device) throw refused('the entry is of another device');
  if (!equalBytes(key, claim.signatureKey)) throw refused('the entry names another key');
  if (time - now > serverLimits.keyLogClockMaxMs) throw refused("the entry's time lies ahead");
  const message = Buffer.concat([Buffer.from('undertone key log 2 entry\n'), signed]);
  if (!verifyEd25519(claim.signatureKey, message, signature)) throw refused('wrong signature');
}

/** Whether a stored entry is a first one of version 1 that names this device and key (SPEC K11). */
export function isFormerRoot(entry: Uint8Array, { device, signatureKey }: RootClaim): boolean {
  try {
    const [signed] = SignedEntry.parse(decodeMsgpack(entry));
    const body = FormerRootBody.parse(decodeMsgpack(signed));
    return body.device === device && equalBytes(body.key, signatureKey);
  } catch {
    return false;
  }
}
