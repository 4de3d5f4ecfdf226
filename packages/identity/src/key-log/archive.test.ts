import { expect, it } from 'vitest';
import { alice, newMachine, SampleLog } from '../testing/sample-log.ts';
import { signNextEntry } from './next-entry.ts';

it('K4 the number of the archive begins at one and rises by one', async () => {
  const laptop = await newMachine();
  const sample = await SampleLog.begin(alice, laptop);
  const archive = async (generation: unknown, hash: unknown = new Uint8Array(32)) =>
    await signNextEntry(sample.by(laptop), 'set_archive', [generation, hash]);
  expect(await sample.refusal(archive(0))).toBe('malformed');
  expect(await sample.refusal(archive(2))).toBe('wrong_generation');
  await sample.take(archive(1));
  expect(sample.log.archive).toEqual({ generation: 1, manifestHash: new Uint8Array(32), setAt: 1 });
  expect(await sample.refusal(archive(1))).toBe('wrong_generation');
  expect(await sample.refusal(archive(3))).toBe('wrong_generation');
  expect(await sample.refusal(archive(Number.MAX_SAFE_INTEGER))).toBe('wrong_generation');
  await sample.take(archive(2));
  expect(await sample.refusal(archive(1))).toBe('wrong_generation');
  expect(await sample.refusal(archive(3, new Uint8Array(31)))).toBe('malformed');
});
