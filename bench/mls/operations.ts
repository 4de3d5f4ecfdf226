/** What is measured, in the order of the tables. */
export const operations = [
  'external join',
  'join from Welcome',
  'process an external commit',
  'process an update',
  'process a remove',
  'process an add',
  'encrypt 200 B',
  'decrypt 200 B',
] as const;

export type Operation = (typeof operations)[number];

/** `undertone+worker` is the same engine with a worker that checks half of the leaf signatures: it shows in the joins. */
export const engines = ['undertone', 'undertone+worker', 'ts-mls', 'core-crypto'] as const;

export type Engine = (typeof engines)[number];

/** One round of one engine in one group. */
export interface Plan {
  readonly engine: Engine;
  /** How often each join is made. */
  readonly joins: number;
  /** How often each kind of commit is processed. */
  readonly commits: number;
  readonly messages: number;
}

/** Milliseconds, one for each time. */
export type Samples = Record<Operation, number[]>;

export function noSamples(): Samples {
  return Object.fromEntries(operations.map((operation) => [operation, []])) as unknown as Samples;
}
