import fc from 'fast-check';
import { test } from 'vitest';
import { ownImplementation } from '../../testing/own-peer.ts';
import { tsMlsImplementation } from '../../testing/ts-mls-peer.ts';
import { type Bounds, histories, live } from './history.ts';

/** How many histories: a few at each change, thousands on demand (`MLS_HISTORIES=3000`). */
const wanted = Number(process.env.MLS_HISTORIES ?? 0);
const seed = Number(process.env.MLS_SEED ?? 9420);
const timeoutMs = wanted > 0 ? 6 * 60 * 60 * 1000 : 180_000;

const small: Bounds = { minSteps: 5, maxSteps: 20, maxLive: 8, crowd: 0, opening: 0, maxMembers: 8 };
const crowded: Bounds = { minSteps: 4, maxSteps: 12, maxLive: 5, crowd: 40, opening: 20, maxMembers: 120 };
const large: Bounds = { minSteps: 4, maxSteps: 8, maxLive: 4, crowd: 200, opening: 250, maxMembers: 500 };

/** Each processes the other's messages, and all have the same secrets, whatever happens to the group. */
test.each([
  ['small', small, wanted || 30],
  ['crowded', crowded, Math.ceil(wanted / 8) || 5],
  ['large', large, Math.ceil(wanted / 200) || 1],
] as const)('ours and ts-mls agree through any %s history', { timeout: timeoutMs }, async (_, bounds, numRuns) => {
  const implementations = [ownImplementation, tsMlsImplementation];
  const property = fc.asyncProperty(histories(bounds), (steps) => live(steps, implementations, bounds));
  await fc.assert(property, { numRuns, seed });
});
