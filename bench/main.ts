import { bundleSize } from './bundle-size.ts';
import { files } from './files.ts';
import { firstUse } from './first-use.ts';
import { latency } from './latency.ts';
import { benchMls } from './mls/record.ts';
import { peers } from './peers/peers.ts';
import { record } from './record.ts';
import { benchFairness } from './relay/fairness.ts';
import { benchGrowth } from './relay/growth.ts';
import { benchHerd } from './relay/herd.ts';
import { benchIdle } from './relay/idle.ts';
import { benchProfile } from './relay/profile.ts';
import { benchRelay } from './relay/relay.ts';
import { benchSeveral } from './relay/several.ts';
import { type Figure, keepsBudget, rowOf, tableOf } from './result.ts';
import { scrolling } from './scrolling.ts';
import { serverCost } from './server-cost.ts';

/**
 * `pnpm bench [name …] [--record]`: measure all or some; `--record` writes the figures into docs/performance.md. Those of `alone` are
 * asked for one at a time: they take minutes, and have pages of their own in docs/performance.
 */
const benches: Record<string, () => Promise<Figure[]>> = {
  size: bundleSize,
  'first-use': firstUse,
  latency,
  scrolling,
  files,
  server: serverCost,
};

/** What follows the name are its own arguments: for `peers` the peers to measure, or none for all. */
const alone: Record<string, (recording: boolean, names: readonly string[]) => Promise<void>> = {
  mls: (recording) => benchMls(recording),
  relay: (recording) => benchRelay({ beside: [], recording }),
  peers: (recording, names) => benchRelay({ beside: names.length === 0 ? Object.keys(peers) : names, recording }),
  idle: (recording) => benchIdle(recording),
  herd: (recording) => benchHerd(recording),
  fairness: (recording) => benchFairness(recording),
  growth: (recording) => benchGrowth(recording),
  several: (recording) => benchSeveral(recording),
  profile: (recording) => benchProfile(recording),
};

const asked = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const recording = process.argv.includes('--record');
const [first = '', ...others] = asked;
const byItself = alone[first];
await byItself?.(recording, others);
const names = asked.length === 0 ? Object.keys(benches) : asked;
const figures: Figure[] = [];
for (const name of byItself ? [] : names) {
  const bench = benches[name];
  if (bench === undefined) {
    const known = [...Object.keys(benches), ...Object.keys(alone)].join(', ');
    throw new Error(`There is no bench '${name}' among others; there are ${known}.`);
  }
  console.log(`${name} …`);
  const found = await bench();
  console.log(tableOf(found.map(rowOf)));
  figures.push(...found);
}
if (recording && !byItself) await record(figures);
const missed = figures.filter((figure) => !keepsBudget(figure));
if (missed.length > 0) console.log(`${missed.length} over budget: ${missed.map((figure) => figure.name).join('; ')}`);
