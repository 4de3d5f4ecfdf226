import { encode } from '@msgpack/msgpack';
import { sha256 } from '@noble/hashes/sha2.js';
import type { Epoch, LogEntry, Seq } from '@undertone/protocol';
import { unshared, utf8 } from '../bytes.ts';

const epochLabel = utf8('undertone log epoch 1\n');
const entryLabel = utf8('undertone log 1\n');
const endsLabel = utf8('undertone log ends 1\n');

export const hashBytes = 32;

export const sha256Of = (...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => {
  const hash = sha256.create();
  for (const part of parts) hash.update(part);
  return unshared(hash.digest());
};

/** The hash that an epoch's log begins with (SPEC E1). `seq`: of the commit or founding that began the epoch. */
export function epochHash(
  groupId: Uint8Array,
  epoch: Epoch,
  authenticator: Uint8Array,
  seq: Seq,
): Uint8Array<ArrayBuffer> {
  return sha256Of(epochLabel, encode([groupId, epoch, authenticator, seq]));
}

/** What stands for the last hashes of several epochs' logs, the oldest first; empty for none (SPEC E3). */
export function endsHash(ends: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return ends.length === 0 ? new Uint8Array(0) : sha256Of(endsLabel, encode(ends));
}

const noDigest = new Uint8Array(hashBytes);

/**
 * SHA-256 of an entry's body, also where the server emptied it. Zeros where it gives no digest, so that leaving it
 * out switches no comparison off: everyone who read the body has another hash (SPEC E2).
 */
function bodyHash(entry: Extract<LogEntry, { body: unknown }>): Uint8Array {
  if (entry.kind === 'message' && entry.body.length === 0) return entry.digest ?? noDigest;
  return sha256Of(entry.body);
}

/** Everything that an entry declares, in the order of SPEC E2. */
function declared(entry: LogEntry): readonly unknown[] {
  const { kind, seq, at, generation, epoch, account } = entry;
  if (kind === 'notice') return [seq, kind, at, generation, epoch, account, entry.event, entry.devices];
  const sent = [seq, kind, at, generation, epoch, account, entry.device, entry.id];
  if (kind === 'found') {
    const { authenticator, founding } = entry;
    const last = founding?.last ? [founding.last.epoch, founding.last.authenticator] : null;
    return [...sent, authenticator, last, founding?.groupInfoHash ?? null, founding?.signature ?? null];
  }
  const hash = bodyHash(entry);
  if (kind !== 'commit') return [...sent, hash];
  return [...sent, entry.external, entry.added, entry.removed, entry.authenticator, hash];
}

/** The hash of the log up to `entry`, from that of the entry before. */
export function entryHash(before: Uint8Array, entry: LogEntry): Uint8Array<ArrayBuffer> {
  return sha256Of(entryLabel, before, encode(declared(entry)));
}
