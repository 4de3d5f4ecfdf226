import { describe, it } from 'vitest';
import { loadVectors } from './load.ts';
import { followPassively, type PassiveVector } from './passive-client.ts';

describe('interop branch', () => {
  it.each(loadVectors<PassiveVector>('interop/branch.json'))('case %i', async (_, vector) => {
    await followPassively(vector);
  });
});
