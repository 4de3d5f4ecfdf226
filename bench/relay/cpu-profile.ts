import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string };
  readonly children?: readonly number[];
}

/** What V8 writes for `--cpu-prof`; times in microseconds of the system's monotonic clock. */
interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly startTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** A function as it was called from its parent, and the share of busy time spent in it and in what it called. */
export interface Frame {
  readonly name: string;
  share: number;
  readonly callees: Map<string, Frame>;
}

const notWork = new Set(['(idle)', '(root)']);
const moduleOf = (url: string): string => (url.startsWith('node:') ? ` ${url}` : '');

/** The profile in `folder`, of what was sampled between two moments of `process.hrtime`, in nanoseconds. */
export async function readProfile(folder: string, from: bigint, to: bigint): Promise<Frame> {
  const [name] = (await readdir(folder)).filter((file) => file.endsWith('.cpuprofile'));
  if (name === undefined) throw new Error(`there is no profile in ${folder}`);
  const profile = JSON.parse(await readFile(path.join(folder, name), 'utf8')) as CpuProfile;
  const [begin, end] = [Number(from / 1000n), Number(to / 1000n)];
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const root: Frame = { name: 'all', share: 0, callees: new Map() };
  let at = profile.startTime;
  for (const [i, id] of profile.samples.entries()) {
    const took = profile.timeDeltas[i] ?? 0;
    at += took;
    const stack: string[] = [];
    for (let node = nodes.get(id); node; node = nodes.get(parents.get(node.id) ?? -1)) {
      const { functionName, url } = node.callFrame;
      if (functionName !== '(root)') stack.unshift((functionName || '(anonymous)') + moduleOf(url));
    }
    if (at < begin || at > end || stack.length === 0 || notWork.has(stack.at(-1) ?? '')) continue;
    let frame = root;
    frame.share += took;
    for (const part of stack) {
      const callee = frame.callees.get(part) ?? { name: part, share: 0, callees: new Map() };
      frame.callees.set(part, callee);
      callee.share += took;
      frame = callee;
    }
  }
  if (root.share === 0) throw new Error('nothing was sampled in that time');
  return inShares(root, root.share);
}

function inShares(frame: Frame, whole: number): Frame {
  const callees = [...frame.callees].map(([name, callee]) => [name, inShares(callee, whole)] as const);
  return { name: frame.name, share: frame.share / whole, callees: new Map(callees) };
}
