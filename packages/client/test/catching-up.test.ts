import type { Seq, ServerFrame } from '@undertone/protocol';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { world } from './people.ts';

let at: Awaited<ReturnType<typeof world>>;
beforeEach(async () => {
  at = await world();
});
afterEach(() => at.close());

it('L8 a client that is told a head pulls what was not pushed, and shows it once and in order', async () => {
  const [alice, bob] = [await at.person('alice').signUp(), await at.person('bob').signUp()];
  const { id } = await alice.lobby();
  await bob.lobby();
  await bob.open(id);
  await alice.say(id, 'pushed');
  await bob.reads(id, 'pushed');
  let head = 0 as Seq;
  bob.incoming = (frame: ServerFrame) => {
    if (frame.type !== 'entries') return [frame];
    head = frame.entries.at(-1)?.seq ?? head;
    return [];
  };
  for (const text of ['one', 'two', 'three']) await alice.say(id, text);
  await expect.poll(() => head).toBeGreaterThanOrEqual(3);
  expect(bob.texts(id)).toEqual(['pushed']);
  bob.incoming = (frame) => [frame];
  bob.receive({ type: 'head', room: id, seq: head });
  await bob.reads(id, 'three');
  await alice.say(id, 'pushed again');
  await bob.reads(id, 'pushed again');
  expect(bob.texts(id)).toEqual(['pushed', 'one', 'two', 'three', 'pushed again']);
});

it('P3 a client is told of those whom it watches, and of nobody else', async () => {
  const [alice, bob] = [await at.person('alice').signUp(), await at.person('bob').signUp()];
  await alice.lobby();
  await bob.lobby();
  const seen: string[] = [];
  alice.core.subscribe((event) => {
    if (event.type === 'presence')
      for (const state of ['online', 'offline'] as const) if (event[state].includes(bob.id)) seen.push(state);
  });
  await alice.core.watch('a tab', [bob.id]);
  await expect.poll(() => seen).toEqual(['online']);
  bob.setOnline(false);
  await expect.poll(() => seen).toEqual(['online', 'offline']);
  const page = await alice.core.activePeople(null, null);
  expect(page.people.map(({ account }) => account)).toEqual([alice.id]);
  await alice.core.watch('a tab', []);
  await expect.poll(async () => (await alice.core.snapshot()).presence).toEqual([]);
});
