/** Reproducible randomness for tests (mulberry32): a failure is found again from its seed. */
export type Random = () => number;

export function seededRandom(seed: number): Random {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** From 0 to `count - 1`. */
export function below(random: Random, count: number): number {
  return Math.floor(random() * count);
}

export function oneOf<T>(random: Random, items: readonly T[]): T {
  return items[below(random, items.length)] as T;
}

/** Set for the long form of all tests here; CI runs the short one. */
export const isLongRun = process.env.MLS_FUZZ_CASES !== undefined;

/** Seeds of random histories: few in CI. */
export function seedsFrom(first: number, inCi: number): number[] {
  return Array.from({ length: isLongRun ? 10 * inCi : inCi }, (_, i) => first + i);
}
