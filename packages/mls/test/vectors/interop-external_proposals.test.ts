import { describe, it } from 'vitest';
import { loadVectors } from './load.ts';
import { followPassively, type PassiveVector } from './passive-client.ts';

describe('interop external_proposals', () => {
  it.each(loadVectors<PassiveVector>('interop/external_proposals.json'))('case %i', async (_, vector) => {
    await followPassively(vector);
  });
});
