import { quantile } from '../statistics.ts';
import { type Member, type Running, stampedPayload, type Target } from './target.ts';

/**
 * A server that has just begun compiles its own code, on one core beside the work itself; what is asked is what it costs for as long as it
 * runs. The same for everyone.
 */
export const warmUpMs = 6_000;

export interface Load {
  readonly receivers: number;
  readonly senders: number;
  readonly measureMs: number;
}

/** As much as goes through with so many messages in flight per sender, or so many messages a second in all. */
export type Pace = { readonly inFlight: number } | { readonly perSecond: number };

export interface Measured {
  readonly messagesPerSecond: number;
  readonly deliveriesPerCpuSecond: number;
  /** Shares of one core. */
  readonly serverShare: number;
  readonly databaseShare: number;
  /** Where it is near 1 the load generator was the bottleneck. */
  readonly generatorShare: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Sending {
  sent: number;
  on: boolean;
  failure: unknown;
}

async function keepInFlight(member: Member, state: Sending): Promise<void> {
  while (state.on) {
    await member.send(stampedPayload());
    state.sent += 1;
  }
}

/** In turn, each when it is due: a late tick sends what should have been sent. Ends when all are acknowledged. */
async function keepPace(members: readonly Member[], perSecond: number, state: Sending): Promise<void> {
  const begun = performance.now();
  const saying: Promise<void>[] = [];
  const say = async (member: Member): Promise<void> => {
    try {
      await member.send(stampedPayload());
      state.sent += 1;
    } catch (error) {
      state.failure ??= error;
    }
  };
  while (state.on) {
    const due = Math.floor(((performance.now() - begun) / 1000) * perSecond);
    while (saying.length < due) {
      const member = members[saying.length % members.length];
      if (member === undefined) throw new Error('nobody sends');
      saying.push(say(member));
    }
    await sleep(1);
  }
  await Promise.all(saying);
}

function startSending(members: readonly Member[], pace: Pace, state: Sending): Promise<unknown> {
  const sending =
    'perSecond' in pace
      ? keepPace(members, pace.perSecond, state)
      : Promise.all(
          members.flatMap((member) => Array.from({ length: pace.inFlight }, () => keepInFlight(member, state))),
        );
  return sending.catch((error: unknown) => {
    state.failure ??= error;
  });
}

/** Run one load on a server that is started for it. Fails where a message is refused or does not reach every receiver. */
export async function measure(target: Target, load: Load, pace: Pace): Promise<Measured> {
  const latencies: number[] = [];
  let delivered = 0;
  let sampling = false;
  const timed = 'perSecond' in pace;
  const running: Running = await target.start(load.receivers, (stamps) => {
    delivered += stamps.length;
    if (!timed || !sampling) return;
    const now = performance.now();
    for (const stamp of stamps) latencies.push(now - stamp);
  });
  try {
    const state: Sending = { sent: 0, on: true, failure: undefined };
    const sending = startSending(running.members.slice(0, load.senders), pace, state);
    await sleep(warmUpMs);
    sampling = true;
    const own = process.cpuUsage();
    const before = { cpu: await running.cpu(), delivered, sent: state.sent, at: performance.now() };
    await sleep(load.measureMs);
    const { user, system } = process.cpuUsage(own);
    const after = await running.cpu();
    const server = after.server - before.cpu.server;
    const database = after.database - before.cpu.database;
    const seconds = (performance.now() - before.at) / 1000;
    const deliveries = delivered - before.delivered;
    const messages = state.sent - before.sent;
    sampling = false;
    state.on = false;
    await sending;
    if (state.failure !== undefined) throw state.failure;
    await settle(() => delivered >= state.sent * load.receivers);
    if (delivered !== state.sent * load.receivers) {
      throw new Error(`${target.name}: ${state.sent} messages to ${load.receivers} were ${delivered} deliveries`);
    }
    return {
      messagesPerSecond: messages / seconds,
      deliveriesPerCpuSecond: deliveries / (server + database),
      serverShare: server / seconds,
      databaseShare: database / seconds,
      generatorShare: (user + system) / 1e6 / seconds,
      p50Ms: quantile(latencies, 0.5),
      p99Ms: quantile(latencies, 0.99),
    };
  } finally {
    for (const member of running.members) member.close();
    await running.stop();
  }
}

async function settle(done: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500 && !done(); tries += 1) await sleep(20);
}
