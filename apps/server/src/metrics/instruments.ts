import { type ErrorCode, errorTable } from '@undertone/protocol';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { version } from '../version.ts';

/**
 * What is measured of this process, for Prometheus. Names are its users' contract: the dashboard, the alerts and docs/operations.md use
 * them. No label holds anything of who spoke or where: routes are patterns, codes are those of the error table.
 */
export const registry = new Registry();

// CPU, memory, garbage collection, and the delay of the event loop (perf_hooks' monitorEventLoopDelay).
collectDefaultMetrics({ register: registry });

new Gauge({
  name: 'undertone_info',
  help: 'Which version runs; always 1',
  labelNames: ['version'],
  registers: [registry],
}).set({ version }, 1);

/** A hub, as far as it is counted. */
export interface HubSizes {
  readonly sockets: number;
  readonly rooms: number;
  readonly waitingBytes: number;
}

/** The hubs of this process: one, but for tests. */
export const hubs = new Set<HubSizes>();

const total = (count: (hub: HubSizes) => number): number => [...hubs].reduce((sum, hub) => sum + count(hub), 0);

new Gauge({
  name: 'undertone_sockets',
  help: 'Open sockets of signed-in devices',
  registers: [registry],
  collect() {
    this.set(total((hub) => hub.sockets));
  },
});

new Gauge({
  name: 'undertone_rooms_with_sockets',
  help: 'Rooms and threads that a socket of this process is in',
  registers: [registry],
  collect() {
    this.set(total((hub) => hub.rooms));
  },
});

/** Connections to Redis, as far as they are counted. */
export const redisLinks = new Set<{ readonly up: boolean }>();

new Gauge({
  name: 'undertone_redis_up',
  help: 'Whether Redis passes messages on between processes; 1 also where there is none to do so (REDIS_URL is unset)',
  registers: [registry],
  collect() {
    this.set([...redisLinks].every(({ up }) => up) ? 1 : 0);
  },
});

new Gauge({
  name: 'undertone_socket_waiting_bytes',
  help: 'Bytes that wait in this process until peers take them',
  registers: [registry],
  collect() {
    this.set(total((hub) => hub.waitingBytes));
  },
});

/** Counted when they are durable. */
export const entriesWritten = new Counter({
  name: 'undertone_entries_written_total',
  help: 'Log entries (envelopes, commits, notices) that this process made durable',
  registers: [registry],
});

export const flushEnvelopes = new Histogram({
  name: 'undertone_flush_envelopes',
  help: 'Envelopes that shared one transaction',
  buckets: [1, 2, 5, 10, 20, 50, 100, 200, 400],
  registers: [registry],
});

export const flushSeconds = new Histogram({
  name: 'undertone_flush_seconds',
  help: 'Time of one flush: from its beginning until it is durable, or has failed',
  buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5, 30],
  registers: [registry],
});

export const fanOutSeconds = new Histogram({
  name: 'undertone_fan_out_seconds',
  help: 'Time from durable until the entries of a flush were handed to the sockets of this process',
  buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1],
  registers: [registry],
});

export const catchUpPages = new Counter({
  name: 'undertone_catch_up_pages_total',
  help: 'Pages of logs that clients pulled because they were behind',
  registers: [registry],
});

export const feedGapsFilled = new Counter({
  name: 'undertone_feed_entries_filled_total',
  help: 'Entries that were read from the log because no other process had told of them',
  registers: [registry],
});

export const feedPolls = new Counter({
  name: 'undertone_feed_polls_total',
  help: 'Statements that looked at the heads of all rooms with sockets: many while Redis is away',
  registers: [registry],
});

export const catchUps = new Counter({
  name: 'undertone_catch_ups_total',
  help: 'Times that a peer did not take what was pushed, and was switched to catching up',
  registers: [registry],
});

export const barredDevices = new Counter({
  name: 'undertone_barred_devices_total',
  help: 'Times that this process barred a device from the commits of a room, because members reported it',
  registers: [registry],
});

export const retentionEmptied = new Counter({
  name: 'undertone_retention_messages_total',
  help: 'Messages that this process emptied because they were older than RETENTION_DAYS',
  registers: [registry],
});

export const retentionLastRun = new Gauge({
  name: 'undertone_retention_last_run_timestamp_seconds',
  help: 'When this process last ended a look for messages that are too old, before the first when it started; 0 where all are kept',
  registers: [registry],
});

export const slowReaders = new Counter({
  name: 'undertone_slow_readers_total',
  help: 'Sockets that were closed because the peer asked for more than it read',
  registers: [registry],
});

const refusals = new Counter({
  name: 'undertone_refusals_total',
  help: 'Requests and sockets that were refused, by code of the error table',
  labelNames: ['code', 'via'],
  registers: [registry],
});

/** How a refusal was said: as the answer to an HTTP request, as an error frame, or by closing the socket. */
const ways = ['http', 'socket', 'close'] as const;

// Every code has its series from the start: an alert on the first one needs the 0 before it.
for (const code of Object.keys(errorTable)) for (const via of ways) refusals.inc({ code, via }, 0);

export function refused(code: ErrorCode, via: (typeof ways)[number]): void {
  refusals.inc({ code, via });
}

const requests = new Counter({
  name: 'undertone_http_requests_total',
  help: 'Answered HTTP requests, by the pattern of their route',
  labelNames: ['method', 'route', 'status'],
  registers: [registry],
});

const requestSeconds = new Histogram({
  name: 'undertone_http_request_seconds',
  help: 'Time to the end of the answer; uploads and downloads of files take as long as they take',
  labelNames: ['route'],
  buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5, 30],
  registers: [registry],
});

export function answered(method: string, route: string, status: number, ms: number): void {
  requests.inc({ method, route, status });
  requestSeconds.observe({ route }, ms / 1000);
}
