import { expect, it } from 'vitest';

it('zod uses the setting that is there before it is loaded', async () => {
  await import('./zod-without-eval.ts');
  const { z } = await import('zod');
  expect(z.config().jitless).toBe(true);
});
