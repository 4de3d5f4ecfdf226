import { expect, it } from 'vitest';
import { alice, newMachine, SampleLog } from '../testing/sample-log.ts';
import { signNextEntry } from './next-entry.ts';

it('K4 the number of the archive begins above zero and only rises', async () => {
  const laptop = await newMachine();
  const sample = await SampleLog.begin(alice, laptop);
  const archive = async (generation: unknown, hash: unknown = new Uint8Array(32)) =>
    await signNextEntry(sample.by(laptop), 'set_archive', [generation, hash]);
  expect(await sample.refusal(archive(0))).toBe('malformed');
  await sample.take(archive(3));
  expect(sample.log.archive).toEqual({ generation: 3, manifestHash: new Uint8Array(32), setAt: 1 });
  expect(await sample.refusal(archive(3))).toBe('archive_falls');
  expect(await sample.refusal(archive(2))).toBe('archive_falls');
  expect(await sample.refusal(archive(4))).toBe('accepted');
  expect(await sample.refusal(archive(4, new Uint8Array(31)))).toBe('malformed');
});
