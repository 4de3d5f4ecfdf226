/** The wait in a group of two; about the time in which what one sends is seen by the others. */
const stepMs = 250;

/**
 * How long a device waits before it does what any one of `devices` may do, so that usually one does, however many of them are there: nobody
 * needs to know who is (RFC 4654 §6.4.1, exponentially weighted random timers). `random` is uniform in [0, 1).
 */
export function turnMs(devices: number, random: number = Math.random()): number {
  if (devices < 2) return 0;
  const longestMs = stepMs * Math.log2(devices);
  return Math.max(0, longestMs * (1 + Math.log(1 - random) / Math.log(devices)));
}
