import { describe, it } from 'vitest';
import { loadVectors } from './load.ts';
import { followPassively, type PassiveVector } from './passive-client.ts';

describe('interop welcome_join', () => {
  it.each(loadVectors<PassiveVector>('interop/welcome_join.json'))('case %i', async (_, vector) => {
    await followPassively(vector);
  });
});
