import type { GroupState } from '@undertone/mls';
import { type Member, members } from '@undertone/mls/profile';
import type { AccountId, Epoch, RoomId } from '@undertone/protocol';
import { unshared } from '../src/bytes.ts';
import { deviceOf } from '../src/room/roster.ts';
import type { Person } from './people.ts';
import type { EpochAt } from './shadow-log.ts';
import { stolen } from './stolen.ts';

/** The group that the person is in, as who has its group info can enter it. */
export async function groupOf(person: Person, room: RoomId) {
  const { engine, state, record } = await stolen(person, room);
  if (record.group === null) throw new Error('not in the group');
  return { groupInfo: unshared(await engine.groupInfo(state)), at: record.group };
}

export const later = ({ generation, epoch }: EpochAt, n: number): EpochAt => ({
  generation,
  epoch: (epoch + n) as Epoch,
});

/** The leaf of an account in a group. */
export function leafOf(state: GroupState, account: AccountId): Member {
  const leaf = members(state).find((member) => deviceOf(member).account === account);
  if (leaf === undefined) throw new Error('no such leaf');
  return leaf;
}

/** The device of an account in a group. */
export const deviceIn = (state: GroupState, account: AccountId) => deviceOf(leafOf(state, account));

/** Give the client time to do what it must not do. */
export const aWhile = () => new Promise((resolve) => setTimeout(resolve, 600));
