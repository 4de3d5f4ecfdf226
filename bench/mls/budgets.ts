import type { Operation } from './operations.ts';

const isJoin = (operation: Operation) => operation === 'external join' || operation === 'join from Welcome';
const isMessage = (operation: Operation) => operation.endsWith('200 B');

/** What we allow our own engine, in milliseconds, on the machine that the figures of docs/performance are from. */
export function budgetMs(operation: Operation, members: number): number | undefined {
  if (isMessage(operation)) return 0.2;
  if (members === 1_000) return isJoin(operation) ? 100 : 5;
  if (members === 10_000) return isJoin(operation) ? 1_200 : 10;
  return undefined;
}

/** KB after gzip. */
export const bundleBudgetKB = 35;
/** For each processed commit. */
export const storedBudgetBytes = 10_000;
