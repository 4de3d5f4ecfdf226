import { describe, it } from 'vitest';
import { loadVectors } from './load.ts';
import { followPassively, type PassiveVector } from './passive-client.ts';

describe('interop application', () => {
  it.each(loadVectors<PassiveVector>('interop/application.json'))('case %i', async (_, vector) => {
    await followPassively(vector);
  });
});
