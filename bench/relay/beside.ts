import type { Running, Target } from './target.ts';

/**
 * Servers that share the machine and a database server, and know nothing of each other, as one target: each has so many receivers, and its
 * part of the senders.
 */
export function beside(name: string, targets: readonly Target[]): Target {
  return {
    name,
    settings: [...new Set(targets.map(({ settings }) => settings))].join('; '),
    start: async (receivers, sink) => {
      const all: Running[] = [];
      for (const target of targets) all.push(await target.start(receivers, sink));
      const places = all[0]?.members.map((_, place) => place) ?? [];
      return {
        members: places.flatMap((place) => all.flatMap(({ members }) => members[place] ?? [])),
        cpu: async () => {
          const [first, ...others] = await Promise.all(all.map((one) => one.cpu()));
          if (first === undefined) throw new Error('nothing is measured');
          // Each counts the database that they share.
          return { ...first, server: others.reduce((total, { server }) => total + server, first.server) };
        },
        stop: async () => {
          await Promise.all(all.map((one) => one.stop()));
        },
      };
    },
  };
}
