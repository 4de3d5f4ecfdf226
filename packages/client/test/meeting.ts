import type { AccountId, RoomId } from '@undertone/protocol';
import { expect } from 'vitest';
import type { Person, world } from './people.ts';

/** Sign a person up and wait until others can add them to threads: in the lobby, with key packages on the server. */
export async function stock(person: Person): Promise<Person> {
  await person.signUp();
  await person.lobby();
  await expect.poll(async () => (await person.rest.keyPackageCount()).count, { timeout: 15_000 }).toBeGreaterThan(3);
  return person;
}

/** A thread that `alice` begins, at everyone in it. */
export async function newThread(alice: Person, ...others: Person[]): Promise<RoomId> {
  const id = await alice.core.startThread(others.map((other) => other.id));
  for (const person of [alice, ...others]) await person.thread();
  return id;
}

/** A thread in which all have read a first message. */
export async function threadOf(alice: Person, ...others: Person[]): Promise<RoomId> {
  const id = await newThread(alice, ...others);
  await alice.say(id, 'hello');
  for (const other of others) await other.reads(id, 'hello');
  return id;
}

/** Two who have a thread, in which nothing is under way. */
export async function meet(at: Awaited<ReturnType<typeof world>>): Promise<{ alice: Person; bob: Person; id: RoomId }> {
  const [alice, bob] = [await stock(at.person('alice')), await stock(at.person('bob'))];
  const id = await threadOf(alice, bob);
  await receiptsCame(id, alice, bob);
  return { alice, bob, id };
}

/** Everyone has told everyone of what they received (SPEC C9): nothing comes any more but what is said. */
export async function receiptsCame(id: RoomId, ...people: Person[]): Promise<void> {
  const newestOfOthers = (person: Person): number =>
    Math.max(...person.shown(id).map((row) => (row.kind === 'message' && !row.own && row.seq !== null ? row.seq : 0)));
  for (const one of people) {
    for (const other of people) {
      if (one === other) continue;
      await one.until(`receipts of ${other.id}`, () => {
        const receipts = one.findRoom((room) => room.id === id)?.receipts ?? [];
        const told = receipts.find(({ account }) => account === other.id)?.delivered ?? 0;
        return told >= newestOfOthers(other);
      });
    }
  }
}

/** Members of a thread that this person has not accepted in it. */
export const doubted = (person: Person, room: RoomId): AccountId[] =>
  (person.findRoom(({ id }) => id === room)?.doubts ?? []).map(({ account }) => account);

/** The person looks at an account of a thread and goes on with the identity that is shown. */
export async function accept(person: Person, room: RoomId, account: AccountId): Promise<void> {
  const doubt = person.findRoom(({ id }) => id === room)?.doubts.find((one) => one.account === account);
  if (doubt === undefined) throw new Error('nothing to accept');
  await person.core.acceptIdentity(room, account, doubt.root, doubt.head);
}
