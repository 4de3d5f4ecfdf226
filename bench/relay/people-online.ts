import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AccountId } from '@undertone/protocol';
import { localAddressOf } from './local-address.ts';
import { UndertoneMember } from './member.ts';
import type { Person } from './population.ts';

/** How many sockets this process, and one that it starts, may have open. */
export async function openFilesLimit(): Promise<number> {
  const text = await readFile('/proc/self/limits', 'utf8');
  return Number(/Max open files\s+(\d+)/.exec(text)?.[1] ?? 0);
}

export interface ConnectPeopleOptions {
  readonly atOnce: number;
  /** Whom the person of that place in the list shows (SPEC P3). */
  readonly watchedBy?: (index: number) => readonly AccountId[];
}

/** Connect them all, so many at a time. Returns them, and how long each took until it had all that a client needs to begin. */
export async function connectPeople(
  origin: string,
  people: readonly Person[],
  { atOnce, watchedBy = () => [] }: ConnectPeopleOptions,
): Promise<{ members: UndertoneMember[]; tookMs: number[]; triedAgain: number }> {
  const members: UndertoneMember[] = [];
  const tookMs: number[] = [];
  let triedAgain = 0;
  let next = 0;
  const connectNext = async (): Promise<void> => {
    for (;;) {
      const index = next;
      next += 1;
      const person = people[index];
      if (person === undefined) return;
      const begun = performance.now();
      const options = {
        origin,
        person,
        sink: () => {},
        watched: watchedBy(index),
        localAddress: localAddressOf(index),
      };
      // As the client does: the system turns connections away when too many come at the same moment.
      for (let tries = 0; ; tries += 1) {
        const member = await UndertoneMember.connect(options).catch((error: unknown) => {
          if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
        });
        if (member) {
          members[index] = member;
          break;
        }
        triedAgain += 1;
        await sleep(Math.min(30_000, 300 * 2 ** tries) * (0.5 + Math.random() / 2));
      }
      tookMs.push(performance.now() - begun);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, people.length) }, connectNext));
  return { members, tookMs, triedAgain };
}
