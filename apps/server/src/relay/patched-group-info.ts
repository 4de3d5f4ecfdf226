import { createHash } from 'node:crypto';
import { applySplices, type GroupInfoPatch, ProtocolError } from '@undertone/protocol';
import type { Tx } from '../database/database.ts';
import { readGroupInfo } from './group-rows.ts';
import type { LockedRoom } from './locked-room.ts';

/**
 * SPEC R12: the stored group info of the room's present epoch with this patch, if that gives what the sender means. The server cannot
 * tell whether it is a good one, but members who patch the same bytes have to store the same.
 */
export async function patchedGroupInfo(
  tx: Tx,
  room: LockedRoom,
  patch: GroupInfoPatch | undefined,
): Promise<Uint8Array> {
  const stored = await readGroupInfo(tx, room.id);
  if (stored === undefined || patch === undefined) throw new ProtocolError('group_info_mismatch');
  if (stored.generation !== room.generation || stored.epoch !== room.epoch) {
    throw new ProtocolError('group_info_mismatch');
  }
  const patched = applySplices(stored.data, patch.splices);
  if (patched === undefined || !createHash('sha256').update(patched).digest().equals(patch.sha256)) {
    throw new ProtocolError('group_info_mismatch');
  }
  return patched;
}
