import type { ChildProcess } from 'node:child_process';
import { cpuSeconds, endProcess } from '../relay/cpu.ts';
import type { Postgres } from '../relay/postgres.ts';
import type { Member, Running } from '../relay/target.ts';

/** Make the members of a room one after the other, since some servers limit how many sign in at once. */
export async function connectAll(count: number, connect: (index: number) => Promise<Member>): Promise<Member[]> {
  const members: Member[] = [];
  for (let i = 0; i < count; i += 1) members.push(await connect(i));
  return members;
}

/** What a peer's process and its members are to the bench. */
export function running(
  child: ChildProcess,
  members: readonly Member[],
  postgres?: Postgres,
  remove: () => Promise<void> = async () => {},
): Running {
  return {
    members,
    cpu: async () => ({
      server: await cpuSeconds([child.pid ?? 0]),
      database: postgres === undefined ? 0 : await cpuSeconds([postgres.pid]),
    }),
    stop: async () => {
      await endProcess(child);
      await remove();
    },
  };
}
