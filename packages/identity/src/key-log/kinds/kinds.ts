import type { EntryBody } from '../entry.ts';
import { KeyLogError } from '../key-log-error.ts';
import type { KeyLogState } from '../state.ts';
import { applyAddDevice } from './add-device.ts';
import { applyKeepRecovery } from './keep-recovery.ts';
import { applyRecoveryLost } from './recovery-lost.ts';
import { applyRemoveDevice } from './remove-device.ts';
import { applyRemoveRecovery } from './remove-recovery.ts';
import { applySetArchive } from './set-archive.ts';
import { applySetRecovery } from './set-recovery.ts';
import { applySetWraps } from './set-wraps.ts';

/** Read the payload of an entry whose place and signature are good, check the rules of its kind, and note what it changes. */
type ApplyEntry = (state: KeyLogState, entry: EntryBody) => void | Promise<void>;

/**
 * Every kind of entry, with its payload (a msgpack array in this order) and who may sign it:
 *
 * | kind              | payload                                                                        | signer           |
 * | ----------------- | ------------------------------------------------------------------------------ | ---------------- |
 * | `root`            | username, skeleton, device, key (32)                                           | that device      |
 * | `add_device`      | device, key (32), how, approval (32 or 0), proof (64), removes `[device, …]`   | device, recovery |
 * | `remove_device`   | devices `[device, …]`                                                          | device, recovery |
 * | `set_recovery`    | signKey (32), hpkeKey (32), wraps `[[id, kind, hash (32)], …]`, proof (64)     | K2               |
 * | `set_wraps`       | wraps `[[id, kind, hash (32)], …]`                                             | recovery         |
 * | `remove_recovery` | none                                                                           | K2               |
 * | `recovery_lost`   | none                                                                           | device           |
 * | `keep_recovery`   | none                                                                           | device, recovery |
 * | `set_archive`     | generation, hash of its first manifest (32)                                    | device, recovery |
 *
 * Numbers in brackets are sizes of byte strings. Ids are text; `how` and kinds of wraps are one lower-case word. `removes` is empty
 * unless the recovery key signs.
 */
export const kinds: ReadonlyMap<string, ApplyEntry> = new Map<string, ApplyEntry>([
  [
    'root',
    () => {
      throw new KeyLogError('malformed');
    },
  ],
  ['add_device', applyAddDevice],
  ['remove_device', applyRemoveDevice],
  ['set_recovery', applySetRecovery],
  ['set_wraps', applySetWraps],
  ['remove_recovery', applyRemoveRecovery],
  ['recovery_lost', applyRecoveryLost],
  ['keep_recovery', applyKeepRecovery],
  ['set_archive', applySetArchive],
]);
