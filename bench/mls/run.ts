import { readFile } from 'node:fs/promises';
import { cpus, loadavg, release } from 'node:os';
import path from 'node:path';
import { type InstalledCoreCrypto, installCoreCrypto, type PrimitiveCounts } from '@undertone/mls/testing';
import { launch } from '../browser.ts';
import { median, quantile } from '../statistics.ts';
import { budgetMs } from './budgets.ts';
import { bundle, bundleSizes } from './bundles.ts';
import { populatedGroupJson } from './fixtures.ts';
import { type Engine, engines, noSamples, type Operation, operations, type Plan, type Samples } from './operations.ts';
import type { BenchPage } from './page.ts';
import { type PageFile, servePage } from './page-server.ts';
import type { PrimitiveCosts } from './primitives.ts';
import type { MlsResult, OperationResult, SizeResult, Spread } from './result.ts';
import type { ScenarioResult } from './scenario.ts';

const rounds = 3;

/** The worker has nothing to do for anything else. */
const joinsOnly = { commits: 0, messages: 0 };

/** How often, per round. Only our own engine is asked to live in the largest group. */
const sizes: readonly { members: number; engines: readonly Engine[]; plan: Omit<Plan, 'engine'> }[] = [
  { members: 100, engines, plan: { joins: 5, commits: 8, messages: 60 } },
  { members: 1_000, engines, plan: { joins: 3, commits: 5, messages: 60 } },
  { members: 10_000, engines: ['undertone', 'undertone+worker'], plan: { joins: 2, commits: 4, messages: 60 } },
];

async function coreCryptoFiles({ script, wasm }: InstalledCoreCrypto): Promise<[string, PageFile][]> {
  return [
    ['/core-crypto.js', { type: 'text/javascript', body: await readFile(script) }],
    ['/core-crypto.wasm', { type: 'application/wasm', body: await readFile(wasm) }],
  ];
}

async function pageFiles(coreCrypto: InstalledCoreCrypto | undefined): Promise<Map<string, PageFile>> {
  const here = path.resolve('bench/mls');
  const script = await bundle("import './page.ts';", here);
  const verifier = await bundle("import { listen } from '@undertone/mls/testing'; listen(self);", here);
  const groups = await Promise.all(
    sizes.map(async ({ members }): Promise<[string, PageFile]> => {
      return [`/group-${members}.json`, { type: 'application/json', body: await populatedGroupJson(members) }];
    }),
  );
  const html = '<!doctype html><title>MLS</title><script type="module" src="/page.js"></script>';
  return new Map<string, PageFile>([
    ['/', { type: 'text/html', body: html }],
    ['/page.js', { type: 'text/javascript', body: script }],
    ['/verifier.js', { type: 'text/javascript', body: verifier }],
    ...groups,
    ...(coreCrypto === undefined ? [] : await coreCryptoFiles(coreCrypto)),
  ]);
}

function spreadOf(samples: readonly number[]): Spread {
  return {
    median: median(samples),
    low: quantile(samples, 0.05),
    high: quantile(samples, 0.95),
    samples: samples.length,
  };
}

/** Of the round that was disturbed least. */
function lowestCosts(rounds: readonly PrimitiveCosts[]): PrimitiveCosts {
  const names = Object.keys(rounds[0] ?? {}) as (keyof PrimitiveCosts)[];
  const costs = names.map((name) => [name, Math.min(...rounds.map((round) => round[name]))]);
  return Object.fromEntries(costs) as PrimitiveCosts;
}

function primitivesMs(counts: readonly PrimitiveCounts[], costs: PrimitiveCosts): number {
  const { keyHandling: _, ...primitives } = costs;
  const sums = counts.map((count) =>
    Object.entries(primitives).reduce((sum, [name, us]) => sum + (count[name as keyof PrimitiveCounts] * us) / 1000, 0),
  );
  return median(sums);
}

function operationResult(
  operation: Operation,
  members: number,
  byEngine: ReadonlyMap<Engine, Samples>,
  own: ScenarioResult,
  costs: PrimitiveCosts,
): OperationResult {
  const present = [...byEngine].filter(([, samples]) => samples[operation].length > 0);
  const measured = present.map(([engine, samples]) => [engine, spreadOf(samples[operation])]);
  const stored = own.stored[operation];
  return {
    operation,
    engines: Object.fromEntries(measured),
    primitivesMs: primitivesMs(own.primitives[operation] ?? [], costs),
    storedBytes: stored && median(stored),
    budgetMs: budgetMs(operation, members),
  };
}

/** Measures all engines in turn, in one Chromium. A page of its own for each, so that none inherits another's memory. */
export async function measureMls(): Promise<MlsResult> {
  const installed = await installCoreCrypto().catch((cause: unknown) => String(cause));
  const coreCrypto = typeof installed === 'string' ? undefined : installed;
  const busy = loadavg()[0] as number;
  if (busy > 1)
    console.log(`  This machine is busy (load ${busy.toFixed(1)}): the figures will be too high, and spread.`);
  const server = await servePage(await pageFiles(coreCrypto));
  const browser = await launch();
  async function inPage<K extends keyof BenchPage>(
    method: K,
    ...args: Parameters<BenchPage[K]>
  ): Promise<Awaited<ReturnType<BenchPage[K]>>> {
    const page = await browser.newPage();
    try {
      await page.goto(server.origin, { waitUntil: 'load' });
      return await page.evaluate<Awaited<ReturnType<BenchPage[K]>>>(`bench.${method}(...${JSON.stringify(args)})`);
    } finally {
      await page.close();
    }
  }
  try {
    const costsOfRounds: PrimitiveCosts[] = [];
    const measured: { members: number; byEngine: Map<Engine, Samples>; own: ScenarioResult }[] = [];
    for (const size of sizes) {
      const byEngine = new Map<Engine, Samples>();
      let own: ScenarioResult | undefined;
      for (let round = 1; round <= rounds; round++) {
        costsOfRounds.push(await inPage('primitives'));
        for (const engine of size.engines) {
          if (engine === 'core-crypto' && coreCrypto === undefined) continue;
          console.log(`  ${size.members} members, ${engine}, round ${round} of ${rounds} …`);
          const plan: Plan = { engine, ...size.plan, ...(engine === 'undertone+worker' && joinsOnly) };
          const result = await inPage('scenario', size.members, plan);
          if (engine === 'undertone') own = result;
          const samples = byEngine.get(engine) ?? noSamples();
          for (const operation of operations) samples[operation].push(...result.samples[operation]);
          byEngine.set(engine, samples);
        }
      }
      if (own === undefined) throw new Error('our own engine was not measured');
      measured.push({ members: size.members, byEngine, own });
    }
    const costs = lowestCosts(costsOfRounds);
    const results = measured.map(({ members, byEngine, own }): SizeResult => {
      const of = (operation: Operation) => operationResult(operation, members, byEngine, own, costs);
      return { members, groupInfoBytes: own.groupInfoBytes, operations: operations.map(of) };
    });
    return {
      measuredOn: new Date().toISOString().slice(0, 10),
      machine: `${cpus().length} × ${cpus()[0]?.model ?? 'processor'}, Linux ${release()}`,
      loadBefore: busy,
      browser: `Chromium ${browser.version()}`,
      coreCrypto: coreCrypto?.version ?? String(installed),
      primitivesUs: costs,
      bundles: await bundleSizes(coreCrypto),
      sizes: results,
    };
  } finally {
    await browser.close();
    server.close();
  }
}
