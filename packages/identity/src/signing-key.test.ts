import { expect, it } from 'vitest';
import { generateSigningKey } from './signing-key.ts';

it('I2 the key is made so that it cannot be taken out', async () => {
  expect((await generateSigningKey()).privateKey.extractable).toBe(false);
});
