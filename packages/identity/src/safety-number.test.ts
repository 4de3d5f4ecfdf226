import type { AccountId } from '@undertone/protocol';
import { expect, it } from 'vitest';
import { safetyNumber } from './safety-number.ts';

const account = '0b62fa1c-6c4d-4bb1-8d50-0f6ff0a4a001' as AccountId;
const other = '0b62fa1c-6c4d-4bb1-8d50-0f6ff0a4a002' as AccountId;
const root = (fill: number) => new Uint8Array(32).fill(fill);

it('I6 the safety number is the same for both, 60 digits, and changes with either root', async () => {
  const mine = await safetyNumber({ account, root: root(1) }, { account: other, root: root(2) });
  const theirs = await safetyNumber({ account: other, root: root(2) }, { account, root: root(1) });
  expect(mine).toBe(theirs);
  expect(mine).toMatch(/^(\d{5} ){11}\d{5}$/);
  expect(await safetyNumber({ account, root: root(3) }, { account: other, root: root(2) })).not.toBe(mine);
  expect(await safetyNumber({ account, root: root(1) }, { account: other, root: root(3) })).not.toBe(mine);
});
