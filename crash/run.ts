import { setTimeout as delay } from 'node:timers/promises';
import { check, type Verdict } from './check/check.ts';
import { Ledger } from './check/ledger.ts';
import { Load, type LoadSize } from './load/load.ts';
import { Front } from './processes/front.ts';
import { Server } from './processes/server.ts';
import type { Service } from './processes/service.ts';
import { Random } from './random.ts';

export interface RunOptions {
  readonly seed: number;
  /** How often a server is killed. Services are killed besides. */
  readonly kills: number;
  /** Server processes, behind a proxy where there are several. */
  readonly processes?: number;
  readonly size: LoadSize;
  readonly services: readonly Service[];
  /** Put a database there before the first start, which then does not have to make one. */
  readonly seedDataDir?: (dataDir: string) => Promise<void>;
  readonly say?: (line: string) => void;
}

export interface RunResult {
  readonly verdict: Verdict;
  /** By what was killed, and how. */
  readonly kills: Readonly<Record<string, number>>;
  /** Receivers that had not read everything by themselves and had to open a new socket. */
  readonly late: number;
  readonly seconds: number;
}

/** A run that gets no answer for so long has failed. */
const patienceMs = 90_000;
const settleMs = 10_000;

/** Kill servers `kills` times under load, and their services in between, then see what everyone has read. */
export class Run {
  readonly #options: RunOptions;
  readonly #random: Random;
  readonly #ledger = new Ledger();
  readonly #kills: Record<string, number> = {};
  #acknowledged = 0;

  constructor(options: RunOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
  }

  async execute(): Promise<RunResult> {
    const { services, size, seedDataDir, processes = 1 } = this.#options;
    const startedAt = performance.now();
    const front = processes > 1 ? await Front.create({ inTurn: true }) : undefined;
    const env = Object.assign({}, ...services.map((service) => service.env), front && { PUBLIC_ORIGIN: front.origin });
    const servers = await Promise.all(Array.from({ length: processes }, () => Server.create(env)));
    if (front) front.targets = servers.map(({ port }) => port);
    const load = new Load(front?.origin ?? servers[0]?.origin ?? '', this.#ledger, this.#random, size);
    try {
      for (const { dataDir } of servers) await seedDataDir?.(dataDir);
      for (const service of services) await service.start();
      await Promise.all(servers.map((server) => server.start()));
      await load.prepare(() => {
        this.#acknowledged += 1;
      });
      load.start();
      for (let done = 0; done < this.#options.kills; ) {
        const victim = this.#random.pick<Server | Service>([...servers, ...services]);
        await this.#untilBusy();
        if (victim instanceof Server) done += await this.#killServer(victim, load);
        else await this.#killService(victim);
        this.#options.say?.(`${done} of ${this.#options.kills} kills, ${this.#ledger.acknowledged.size} acknowledged`);
      }
      await this.#untilBusy();
      load.quiet();
      const late = await this.#settle(load);
      await load.report();
      const seconds = (performance.now() - startedAt) / 1000;
      return { verdict: check(this.#ledger), kills: this.#kills, late, seconds };
    } finally {
      load.stop();
      front?.close();
      for (const server of servers) await server.remove();
      for (const service of services) await service.remove();
    }
  }

  #note(what: string): void {
    this.#kills[what] = (this.#kills[what] ?? 0) + 1;
  }

  /** SIGKILL now, and in one of five cases again while it starts. Returns how often. */
  async #killServer(server: Server, load: Load): Promise<number> {
    let kills = 0;
    for (let again = true; again; ) {
      await server.kill();
      this.#note('server SIGKILL');
      kills += 1;
      again = this.#random.next() < 0.2;
      const started = server.start();
      if (again) await Promise.race([started, delay(this.#random.between(0, 1_500))]);
      else await started;
    }
    load.nudge();
    return kills;
  }

  async #killService(service: Service): Promise<void> {
    this.#note(`${service.name} ${await service.kill(this.#random)}`);
    await delay(this.#random.between(0, 1_500));
    await service.start();
  }

  /** Until a random number of answers came, and then not quite on the answer: so the moment falls anywhere in the work. */
  async #untilBusy(): Promise<void> {
    const target = this.#acknowledged + this.#random.between(1, 150);
    const deadline = performance.now() + patienceMs;
    while (this.#acknowledged < target) {
      if (performance.now() > deadline)
        throw new Error(`no answer for ${patienceMs / 1000} s; seed ${this.#options.seed}`);
      await delay(1);
    }
    await delay(this.#random.between(0, 30));
  }

  /** Until everyone has everything. Returns how many had to come back for it. */
  async #settle(load: Load): Promise<number> {
    const reached = async (ms: number): Promise<boolean> => {
      for (const deadline = performance.now() + ms; performance.now() < deadline; await delay(20)) {
        if (load.missing().length === 0) return true;
      }
      return false;
    };
    const late = (await reached(settleMs)) ? 0 : load.missing().length;
    if (late > 0) load.comeBack();
    load.addNewcomer();
    await delay(200);
    if (!(await reached(patienceMs))) this.#ledger.faults.push(...load.missing());
    return late;
  }
}
