import { encodeState, epochAuthenticator } from '@undertone/mls';
import { type AccountId, type Generation, ProtocolError, type RoomId } from '@undertone/protocol';
import { unshared } from '../bytes.ts';
import { type PendingRecord, pendingKey } from '../storage/records.ts';
import { groupIdOf, newEntryId } from './enter-group.ts';
import { keyPackagesOf } from './key-packages-of.ts';
import { ask, type RoomDeps } from './room-deps.ts';
import { deviceOf } from './roster.ts';

/**
 * Create a thread with `accounts` and its group in one step (SPEC R5). The state is stored first, so that a thread whose
 * acknowledgement was lost is still ours when the server tells of it. Rejects with `no_key_package` if somebody has none.
 */
export async function createThread(deps: RoomDeps, accounts: readonly AccountId[]): Promise<RoomId> {
  const room = crypto.randomUUID() as RoomId;
  const generation = 1 as Generation;
  const keyPackages = await keyPackagesOf(deps, accounts);
  const alone = await deps.engine.createGroup(groupIdOf({ id: room, kind: 'thread', policy: 'sealed' }, generation));
  const added = await deps.engine.add(alone, keyPackages);
  if (added.welcome === undefined) throw new TypeError('a thread of one');
  const frame: PendingRecord['frame'] = {
    type: 'create_thread',
    room,
    id: newEntryId(),
    members: [...accounts],
    commit: unshared(added.commit),
    welcome: unshared(added.welcome),
    groupInfo: unshared(added.groupInfo),
    added: added.added.map((member) => deviceOf(member).device),
    authenticator: unshared(epochAuthenticator(added.state)),
  };
  const pending: PendingRecord = { frame, state: unshared(encodeState(added.state)), repair: false };
  const write = { store: 'groups', key: pendingKey(room) } as const;
  await deps.vault.write([{ ...write, value: pending }], { durable: true });
  try {
    await ask(deps, frame, 'ack');
  } catch (error) {
    // Refused: it never was. Cut off: it may be, and the next `hello` tells.
    if (error instanceof ProtocolError) await deps.vault.write([write]);
    throw error;
  }
  return room;
}
