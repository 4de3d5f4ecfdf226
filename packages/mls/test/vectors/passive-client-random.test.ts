import { describe, it } from 'vitest';
import { loadVectors } from './load.ts';
import { followPassively, type PassiveVector } from './passive-client.ts';

describe('passive-client-random', () => {
  it.each(loadVectors<PassiveVector>('passive-client-random.json.gz'))('case %i', async (_, vector) => {
    await followPassively(vector);
  });
});
