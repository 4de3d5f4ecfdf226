import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestDatabase } from './databases.ts';
import { forward } from './forward.ts';
import { type Line, NetworkNamespace, namespacesAvailable } from './network-namespace.ts';
import type { RedisServer } from './redis-server.ts';
import { ServerProcess } from './server-process.ts';

/** One of several server processes. It can be ended and started again, and says how it is. */
export class Process {
  readonly #env: Record<string, string>;
  readonly #prefix: readonly string[];
  #server: ServerProcess | undefined;
  origin = '';

  constructor(env: Record<string, string>, prefix: readonly string[] = []) {
    this.#env = env;
    this.#prefix = prefix;
  }

  async start(): Promise<void> {
    const env = { PORT: '0', METRICS_PORT: '0', LOG_LEVEL: 'info', ...this.#env };
    this.#server = new ServerProcess(env, { prefix: this.#prefix });
    this.origin = await this.#server.line();
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    this.#server?.kill(signal);
    await this.#server?.ended;
  }

  async ready(): Promise<{ status: number; redis?: string }> {
    const response = await fetch(`${this.origin}/readyz`);
    return { ...((await response.json()) as object), status: response.status };
  }

  async metric(name: string): Promise<number> {
    const metrics = /"metrics":"([^"]+)"/.exec(this.#server?.stderr ?? '')?.[1];
    const text = await (await fetch(`${metrics}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  }
}

/** Three processes on one database and one Redis. The third can be cut off from both, where networks can be cut. */
export class ThreeProcesses {
  readonly processes: Process[] = [];
  readonly #closing: (() => unknown)[] = [];
  /** The third process's way to Redis. */
  redisLine: Line | undefined;
  /** The third process's way to the database. */
  databaseLine: Line | undefined;

  async start(database: TestDatabase, redis: RedisServer): Promise<void> {
    const { location, drop } = await database.create();
    this.#closing.push(drop);
    const DATABASE_URL = 'url' in location ? location.url : '';
    const DATA_DIR = await mkdtemp(join(tmpdir(), 'undertone-several-'));
    this.#closing.push(() => rm(DATA_DIR, { recursive: true, force: true }));
    const env = { DATABASE_URL, REDIS_URL: redis.url, DATA_DIR };
    this.processes.push(new Process(env), new Process(env));
    this.processes.push(
      namespacesAvailable ? await this.#isolated(env, new URL(redis.url), new URL(DATABASE_URL)) : new Process(env),
    );
    // All start at once on an empty database: they take turns to migrate it.
    await Promise.all(this.processes.map((process) => process.start()));
  }

  /** A process that runs where its ways to PostgreSQL and Redis can be cut. */
  async #isolated(env: Record<string, string>, redisUrl: URL, databaseUrl: URL): Promise<Process> {
    const namespace = new NetworkNamespace();
    this.#closing.push(() => namespace.remove());
    const [clients, toRedis, toDatabase] = [namespace.line(), namespace.line(), namespace.line()];
    [this.redisLine, this.databaseLine] = [toRedis, toDatabase];
    const through = async ({ outside }: Line, url: URL, usual: number): Promise<string> => {
      const target = { host: url.hostname, port: Number(url.port || usual) };
      const passing = await forward({ host: outside, port: 0 }, target);
      this.#closing.push(() => passing.close());
      const inside = new URL(url);
      inside.host = `${outside}:${passing.port}`;
      return inside.href;
    };
    const REDIS_URL = await through(toRedis, redisUrl, 6379);
    const DATABASE_URL = await through(toDatabase, databaseUrl, 5432);
    const port = 3000;
    const front = await forward({ host: '127.0.0.1', port: 0 }, { host: clients.inside, port });
    this.#closing.push(() => front.close());
    const PUBLIC_ORIGIN = `http://localhost:${front.port}`;
    const own = { HOST: '0.0.0.0', PORT: String(port), METRICS_HOST: '127.0.0.1', PUBLIC_ORIGIN };
    return new Process({ ...env, REDIS_URL, DATABASE_URL, ...own }, namespace.prefix);
  }

  async close(): Promise<void> {
    await Promise.all(this.processes.map((process) => process.end('SIGKILL')));
    for (const close of this.#closing.reverse()) await close();
  }
}
