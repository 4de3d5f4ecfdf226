import { createVerifierPool } from '@undertone/mls';
import {
  type CoreCryptoWasmModule,
  coreCryptoImplementation,
  EnginePeer,
  engineImplementation,
  type PeerImplementation,
  startWasm,
  tsMlsImplementation,
} from '@undertone/mls/testing';
import { decodeGroup } from './group-json.ts';
import type { Engine, Plan } from './operations.ts';
import { type PrimitiveCosts, primitiveCosts } from './primitives.ts';
import { Scenario, type ScenarioResult } from './scenario.ts';

async function implementationOf(engine: Engine): Promise<PeerImplementation> {
  if (engine === 'undertone') return engineImplementation;
  if (engine === 'undertone+worker') {
    const verifySignatures = createVerifierPool(() => [new Worker('/verifier.js', { type: 'module' })]);
    return { name: engine, create: (identity) => EnginePeer.create(identity, verifySignatures) };
  }
  if (engine === 'ts-mls') return tsMlsImplementation;
  const script = '/core-crypto.js';
  const module = (await import(script)) as CoreCryptoWasmModule;
  return coreCryptoImplementation(await startWasm(module, '/core-crypto.wasm'));
}

/** What `run.ts` calls in the page. */
export interface BenchPage {
  scenario(members: number, plan: Plan): Promise<ScenarioResult>;
  primitives(): Promise<PrimitiveCosts>;
}

const page: BenchPage = {
  async scenario(members, plan) {
    const group = decodeGroup(await (await fetch(`/group-${members}.json`)).text());
    return new Scenario(await implementationOf(plan.engine), group).run(plan);
  },
  primitives: primitiveCosts,
};

Object.assign(globalThis, { bench: page });
