import type { RoomId } from '@undertone/protocol';
import { expect } from 'vitest';
import type { Person } from './people.ts';

/** Sign a person up and wait until others can add them to threads: in the lobby, with key packages on the server. */
export async function stock(person: Person): Promise<Person> {
  await person.signUp();
  await person.lobby();
  await expect.poll(async () => (await person.rest.keyPackageCount()).count, { timeout: 15_000 }).toBeGreaterThan(3);
  return person;
}

/** A thread in which all have read a first message. */
export async function threadOf(alice: Person, ...others: Person[]): Promise<RoomId> {
  const id = await alice.core.startThread(others.map((other) => other.id));
  await alice.thread();
  for (const other of others) await other.thread();
  await alice.say(id, 'hello');
  for (const other of others) await other.reads(id, 'hello');
  return id;
}
