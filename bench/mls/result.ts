import type { BundleSizes } from './bundles.ts';
import type { Engine, Operation } from './operations.ts';
import type { PrimitiveCosts } from './primitives.ts';

/** Milliseconds. */
export interface Spread {
  readonly median: number;
  /** Nine of ten samples lie between these two. */
  readonly low: number;
  readonly high: number;
  readonly samples: number;
}

/** One operation in a group of one size. */
export interface OperationResult {
  readonly operation: Operation;
  readonly engines: Partial<Record<Engine, Spread>>;
  /** What the primitives alone take, in milliseconds. */
  readonly primitivesMs: number;
  /** What our own engine writes to its store. */
  readonly storedBytes: number | undefined;
  /** The most that we allow our own engine, in milliseconds. */
  readonly budgetMs: number | undefined;
}

export interface SizeResult {
  readonly members: number;
  readonly groupInfoBytes: number;
  readonly operations: readonly OperationResult[];
}

export interface MlsResult {
  readonly measuredOn: string;
  readonly machine: string;
  /** The machine's load average before it began: above 1 the figures are not to be trusted. */
  readonly loadBefore: number;
  readonly browser: string;
  /** Of core-crypto, or why it was not measured. */
  readonly coreCrypto: string;
  readonly primitivesUs: PrimitiveCosts;
  readonly bundles: BundleSizes;
  readonly sizes: readonly SizeResult[];
}
