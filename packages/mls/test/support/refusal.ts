import { expect } from 'vitest';
import { MlsError } from '../../src/errors.ts';

export type Outcome = 'accepted' | 'refused' | { readonly what: string; readonly error: unknown };

/** Runs what must not succeed, or at most end well: any error that is not one of ours, and typed, is returned as it is. */
export async function outcomeOf(what: string, run: () => unknown): Promise<Outcome> {
  try {
    await run();
    return 'accepted';
  } catch (error) {
    return error instanceof MlsError && error.code !== 'internal' ? 'refused' : { what, error };
  }
}

export async function expectRefused(what: string, run: () => unknown): Promise<void> {
  const outcome = await outcomeOf(what, run);
  expect(outcome === 'accepted' ? { accepted: what } : outcome).toBe('refused');
}
