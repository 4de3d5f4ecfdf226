import { wipeState } from '@undertone/mls';
import { epochAuthenticator, members } from '@undertone/mls/profile';
import { type AccountId, type Generation, ProtocolError, type RoomId } from '@undertone/protocol';
import type { VaultWrite } from '@undertone/vault';
import { unshared } from '../bytes.ts';
import { vouchedKey } from '../storage/records.ts';
import { newEntryId } from './enter-group.ts';
import { groupIdOf } from './group-id.ts';
import { keyPackagesOf } from './key-packages-of.ts';
import { ask, type RoomDeps } from './room-deps.ts';
import { deviceOf } from './roster.ts';
import { type GroupStates, groupWrites, noStates, type PendingGroup } from './stored-group.ts';
import { identitiesOf } from './vouching.ts';

/**
 * Create a thread with `accounts` and its group in one step (SPEC R5). The state is stored first, so that a thread whose
 * acknowledgement was lost is still ours when the server tells of it. Rejects with `no_key_package` if someone has none.
 */
export async function createThread(deps: RoomDeps, accounts: readonly AccountId[]): Promise<RoomId> {
  const room = crypto.randomUUID() as RoomId;
  const generation = 1 as Generation;
  const { keyPackages, lastResort } = await keyPackagesOf(deps, accounts);
  const alone = await deps.engine.createGroup(groupIdOf({ id: room, kind: 'thread', policy: 'sealed' }, generation));
  const added = await deps.engine.add(alone, [...keyPackages]);
  if (added.welcome === undefined) throw new TypeError('a thread of one');
  const frame: PendingGroup['frame'] = {
    type: 'create_thread',
    room,
    id: newEntryId(),
    members: [...accounts],
    commit: unshared(added.commit),
    welcome: unshared(added.welcome),
    groupInfo: unshared(await deps.engine.groupInfo(added.state)),
    added: added.added.map((member) => deviceOf(member).device),
    authenticator: unshared(epochAuthenticator(added.state)),
  };
  const states: GroupStates = { current: null, pending: { frame, repair: false, lastResort, state: added.state } };
  // Accepted are those whom the person chose, not those who are in whatever group the server shows in this one's place (SPEC V1).
  const vouched = identitiesOf(deps.identities, members(added.state));
  const accepted: VaultWrite = { store: 'meta', key: vouchedKey(room), value: vouched };
  await deps.vault.write([...groupWrites(room, noStates, states), accepted], { durable: true });
  try {
    await ask(deps, frame, 'ack');
  } catch (error) {
    // Refused: it never was. Cut off: it may be, and the next `hello` tells.
    if (error instanceof ProtocolError) {
      await deps.vault.write([...groupWrites(room, states, noStates), { store: 'meta', key: vouchedKey(room) }]);
    }
    throw error;
  } finally {
    // Whoever opens the room reads the stored state.
    for (const state of [alone, added.state]) wipeState(state);
  }
  return room;
}
