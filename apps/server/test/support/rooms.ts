import { randomUUID } from 'node:crypto';
import type { RoomId } from '@undertone/protocol';
import { at, Person } from './person.ts';

interface Two {
  readonly alice: Person;
  readonly bob: Person;
  readonly room: RoomId;
}

/** A public room with alice as founder and bob in its group: generation 1, epoch 1. */
export async function twoInARoom(origin: string): Promise<Two> {
  const [alice, bob] = await Promise.all([Person.online(origin), Person.online(origin)]);
  const room = await alice.room(`room ${randomUUID()}`);
  await bob.join(room);
  await alice.found(room);
  await bob.enter(room, at(1, 0));
  return { alice, bob, room };
}

/** A thread of alice and bob: generation 1, epoch 1. */
export async function twoInAThread(origin: string): Promise<Two> {
  const [alice, bob] = await Promise.all([Person.online(origin), Person.online(origin)]);
  const { room } = await alice.createThread([bob]);
  return { alice, bob, room };
}
