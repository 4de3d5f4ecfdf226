import { describe, it } from 'vitest';
import { loadVectors } from './load.ts';
import { followPassively, type PassiveVector } from './passive-client.ts';

describe('interop commit', () => {
  it.each(loadVectors<PassiveVector>('interop/commit.json'))('case %i', async (_, vector) => {
    await followPassively(vector);
  });
});
