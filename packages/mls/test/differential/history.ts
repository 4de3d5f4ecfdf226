import fc from 'fast-check';
import { ownImplementation } from '../../testing/own-peer.ts';
import type { Peer, PeerImplementation } from '../../testing/peer.ts';
import { World } from './world.ts';

const kinds = [
  'add',
  'add',
  'remove',
  'external',
  'external',
  'resync',
  'update',
  'update',
  'race',
  'talk',
  'ghosts',
  'ghost',
  'banish',
] as const;

export interface Step {
  readonly kind: (typeof kinds)[number];
  readonly author: number;
  readonly target: number;
  readonly count: number;
  readonly implementation: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(...kinds),
  author: fc.nat(1000),
  target: fc.nat(1000),
  count: fc.integer({ min: 1, max: 4 }),
  implementation: fc.nat(1000),
});

export interface Bounds {
  readonly minSteps: number;
  readonly maxSteps: number;
  /** Of members that follow. */
  readonly maxLive: number;
  /** How many ghosts one step brings at most: 0 for none. */
  readonly crowd: number;
  /** How many ghosts there are from the start. */
  readonly opening: number;
  readonly maxMembers: number;
}

export function histories({ minSteps, maxSteps }: Bounds): fc.Arbitrary<Step[]> {
  return fc.array(step, { minLength: minSteps, maxLength: maxSteps, size: 'max' });
}

function permutation(length: number, seed: number): number[] {
  const order = Array.from({ length }, (_, i) => i);
  return order.sort((a, b) => ((a * 7 + seed) % 11) - ((b * 7 + seed) % 11) || a - b);
}

async function take(world: World, { kind, author: choice, target, count, implementation }: Step, bounds: Bounds) {
  const author = world.live[choice % world.live.length] as Peer;
  const others = world.live.filter((peer) => peer !== author);
  const room = Math.min(bounds.maxLive - world.live.length, bounds.maxMembers - world.size);
  switch (kind) {
    case 'add':
      if (room >= count) {
        const newcomers: Peer[] = [];
        for (let i = 0; i < count; i++) newcomers.push(await world.make(implementation + i));
        await world.add(author, newcomers);
      }
      return;
    case 'remove':
      if (others.length > 1) {
        const gone = others.slice(target % others.length).slice(0, Math.min(count, others.length - 1));
        await world.remove(
          author,
          gone.map(({ identity }) => identity),
        );
      }
      return;
    case 'external':
      if (room > 0) await world.joinExternal(await world.make(implementation));
      return;
    case 'resync':
      if (others.length > 0) await world.resync(author, implementation);
      return;
    case 'update':
      return world.accept(author, await author.update());
    case 'race':
      if (others.length > 0) await world.race(author, others[target % others.length] as Peer);
      return;
    case 'talk':
      return world.talk(author, permutation(count, target));
    case 'ghosts': {
      const size = Math.min(Math.ceil((bounds.crowd * (target + 1)) / 1001), bounds.maxMembers - world.size);
      if (size > 0) await world.addGhosts(author, ownImplementation, size);
      return;
    }
    case 'ghost':
      if (bounds.crowd > 0 && world.size < bounds.maxMembers) await world.joinGhost(ownImplementation);
      return;
    case 'banish': {
      const gone = world.ghosts.filter((_, i) => (i + target) % 3 === 0).slice(0, count * 8);
      if (gone.length > 0) await world.remove(author, gone);
      return;
    }
  }
}

/** Lives a history; throws where two implementations disagree. */
export async function live(
  steps: readonly Step[],
  implementations: readonly PeerImplementation[],
  bounds: Bounds,
): Promise<void> {
  const world = await World.begin(implementations, steps[0]?.implementation ?? 0, `group ${steps.length}`);
  for (let i = 1; i <= implementations.length; i++) await world.joinExternal(await world.make(i));
  if (bounds.opening > 0) await world.addGhosts(world.live[0] as Peer, ownImplementation, bounds.opening);
  for (const next of steps) await take(world, next, bounds);
  for (const peer of [...world.live]) await world.talk(peer, [0]);
  await world.end();
}
