import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Batched } from './batched.ts';

it('asks once for all who ask together, and once more for those who ask meanwhile', async () => {
  const statements: number[][] = [];
  let later: Promise<number> | undefined;
  const doubled: Batched<number, number> = new Batched(async (keys: readonly number[]) => {
    statements.push([...keys]);
    later ??= doubled.ask(7);
    return keys.map((key) => 2 * key);
  });
  expect(await Promise.all([1, 2, 3].map((key) => doubled.ask(key)))).toEqual([2, 4, 6]);
  expect(await later).toBe(14);
  expect(statements).toEqual([[1, 2, 3], [7]]);
});

it('lets a crowd gather: those who come one after the other share a statement', async () => {
  const sizes: number[] = [];
  const batched = new Batched(async (keys: readonly number[]) => {
    sizes.push(keys.length);
    await sleep(2);
    return keys;
  });
  const coming = async (key: number): Promise<number> => {
    await sleep(key);
    return batched.ask(key);
  };
  await Promise.all(Array.from({ length: 60 }, (_, key) => coming(key)));
  expect(sizes.reduce((sum, size) => sum + size)).toBe(60);
  expect(sizes.length).toBeLessThan(12);
});

it('lets nobody wait who asks one thing after the other', async () => {
  const batched = new Batched(async (keys: readonly number[]) => keys);
  const began = performance.now();
  for (let key = 0; key < 50; key += 1) expect(await batched.ask(key)).toBe(key);
  // Fifty pauses would be a second.
  expect(performance.now() - began).toBeLessThan(500);
});

it('bounds a statement by the weight of its keys', async () => {
  const sizes: number[] = [];
  const batched = new Batched(
    async (keys: readonly number[]) => {
      sizes.push(keys.length);
      return keys;
    },
    (key) => key,
  );
  await Promise.all([600, 300, 200, 5_000, 1].map((key) => batched.ask(key)));
  expect(sizes).toEqual([2, 1, 1, 1]);
});

it('a statement that fails fails for those who were in it, and not for the next', async () => {
  let tries = 0;
  const batched = new Batched(async (keys: readonly number[]) => {
    tries += 1;
    if (tries === 1) throw new Error('gone');
    return keys;
  });
  const outcomes = await Promise.allSettled([batched.ask(1), batched.ask(2)]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await batched.ask(3)).toBe(3);
});
