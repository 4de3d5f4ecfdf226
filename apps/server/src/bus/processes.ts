import type { FastifyBaseLogger } from 'fastify';
import { noScripts, type Scripts } from '../limits/scripts.ts';
import { redisLinks } from '../metrics/instruments.ts';
import { LocalPresence, type PresenceStore } from '../presence/presence-store.ts';
import { SharedPresence, type SharedPresenceTimes } from '../presence/shared-presence.ts';
import type { Settings } from '../settings.ts';
import { type Bus, LocalBus } from './bus.ts';
import { type BusTimes, type FeedLog, RedisBus } from './redis-bus.ts';

/** What this process has in common with the others of its deployment, or what stands for that where it is alone. */
export interface Processes {
  readonly bus: Bus;
  readonly presence: PresenceStore;
  /** Where limits of all processes are counted. */
  readonly scripts: Scripts;
  /** Undefined where settings name no Redis. */
  readonly redis: { readonly up: boolean } | undefined;
  /** Begin to hear the others. */
  start(): Promise<void>;
  /** Take leave of them. */
  close(): Promise<void>;
}

export interface ProcessesOptions {
  readonly settings: Pick<Settings, 'redisUrl' | 'databaseUrl'>;
  /** The same for all processes of a deployment, and for no others. */
  readonly namespace: string;
  readonly log: FeedLog;
  readonly times: { readonly bus: BusTimes; readonly sharedPresence: SharedPresenceTimes };
  readonly logger: FastifyBaseLogger;
}

const alone = (): Processes => ({
  bus: new LocalBus(),
  presence: new LocalPresence(),
  scripts: noScripts,
  redis: undefined,
  start: async () => {},
  close: async () => {},
});

/** Joined by Redis if settings say that there are others. */
export function joinProcesses({ settings, namespace, log, times, logger }: ProcessesOptions): Processes {
  const { redisUrl, databaseUrl } = settings;
  if (redisUrl === undefined || databaseUrl === undefined) return alone();
  const bus = new RedisBus({ redisUrl, databaseUrl, namespace, log, times: times.bus, logger });
  const presence = new SharedPresence(bus, times.sharedPresence);
  const { redis } = bus;
  return {
    bus,
    presence,
    scripts: redis,
    redis,
    start: async () => {
      redisLinks.add(redis);
      await bus.start();
    },
    close: async () => {
      redisLinks.delete(redis);
      presence.close();
      await bus.close();
    },
  };
}
