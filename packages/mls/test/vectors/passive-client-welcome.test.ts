import { describe, it } from 'vitest';
import { loadVectors } from './load.ts';
import { followPassively, type PassiveVector } from './passive-client.ts';

describe('passive-client-welcome', () => {
  it.each(loadVectors<PassiveVector>('passive-client-welcome.json'))('case %i', async (_, vector) => {
    await followPassively(vector);
  });
});
