import { equalBytes } from '@undertone/protocol';
import type { VerifiedKeyLog } from './verified-key-log.ts';

/** How a log that is offered stands to the one that is held (SPEC K5). */
export type KeyLogRelation = 'same' | 'extends' | 'shorter' | 'forked' | 'other_root';

/**
 * Compare two verified logs by their bodies' hashes. `extends`: adopt it. `shorter`: keep what is held, the server or a backup lost entries.
 * `forked`: two different entries stand at one index, so someone who signs for the account said two things. `other_root`: another
 * identity, or another account.
 */
export function compareKeyLogs(held: VerifiedKeyLog, offered: VerifiedKeyLog): KeyLogRelation {
  if (held.account !== offered.account || !equalBytes(held.root, offered.root)) return 'other_root';
  const common = Math.min(held.hashes.length, offered.hashes.length);
  for (let i = 0; i < common; i++) {
    const [one, other] = [held.hashes[i], offered.hashes[i]];
    if (one === undefined || other === undefined || !equalBytes(one, other)) return 'forked';
  }
  if (held.hashes.length === offered.hashes.length) return 'same';
  return held.hashes.length < offered.hashes.length ? 'extends' : 'shorter';
}

/**
 * SPEC K11: whether the root of `v2` names the only device and key of the version 1 log of the same account: its signer had that
 * very key. The caller also makes sure that no other root or key was ever stored for the account.
 */
export function upgrades(v1: Pick<VerifiedKeyLog, 'root' | 'devices'>, v2: VerifiedKeyLog): boolean {
  const [only, ...others] = v1.devices.values();
  if (v2.version !== 2 || only === undefined || others.length > 0 || equalBytes(v1.root, v2.root)) return false;
  const first = v2.devices.get(only.device);
  return first !== undefined && first.addedAt === 0 && equalBytes(first.key, only.key);
}
