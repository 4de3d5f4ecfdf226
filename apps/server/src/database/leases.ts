import { randomUUID } from 'node:crypto';
import { serverLimits } from '../server-limits.ts';
import type { Database } from './database.ts';

/** Something that this process alone may do now. */
export interface Lease {
  /** Whoever comes next may have it. */
  release(): Promise<void>;
}

/**
 * Takes turns with the other processes on the database. A lease is a row with a time that its holder puts off as long as it works: an
 * advisory lock would keep a connection of its own for each. Its holder may be so slow that it loses it; what is done under a lease has to bear that.
 */
export class Leases {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Undefined while another one has it. `onWanted`: someone waits for it, or it was lost. */
  async take(name: string, onWanted: () => void): Promise<Lease | undefined> {
    if (this.#database.kind === 'pglite') return { release: async () => {} };
    const holder = randomUUID();
    const ms = serverLimits.leaseMs;
    const taken = await this.#database.prisma.$executeRaw`
      INSERT INTO leases (name, holder, until) VALUES (${name}, ${holder}::uuid, now() + ${ms}::float8 * interval '1 ms')
      ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until, wanted = false
      WHERE leases.until < now()`;
    if (taken === 0) return undefined;
    const renewing = setInterval(() => {
      // A database that does not answer is no reason to stop: nobody else can take the lease from it then.
      this.#renew(name, holder).then(
        (state) => state !== 'held' && onWanted(),
        () => {},
      );
    }, serverLimits.leaseRenewMs);
    renewing.unref();
    const release = async (): Promise<void> => {
      clearInterval(renewing);
      await this.#database.prisma.lease.deleteMany({ where: { name, holder } });
    };
    return { release };
  }

  /** Let the holder know that someone waits. */
  async want(name: string): Promise<void> {
    await this.#database.prisma.lease.updateMany({ where: { name, wanted: false }, data: { wanted: true } });
  }

  /** Run what only one process is to do. Returns false, and does nothing, while another one does it. */
  async run(name: string, task: () => Promise<void>): Promise<boolean> {
    const lease = await this.take(name, () => {});
    if (lease === undefined) return false;
    try {
      await task();
    } finally {
      await lease.release();
    }
    return true;
  }

  async #renew(name: string, holder: string): Promise<'held' | 'wanted' | 'lost'> {
    const [row] = await this.#database.prisma.$queryRaw<{ wanted: boolean }[]>`
      UPDATE leases SET until = now() + ${serverLimits.leaseMs}::float8 * interval '1 ms'
      WHERE name = ${name} AND holder = ${holder}::uuid RETURNING wanted`;
    if (row === undefined) return 'lost';
    return row.wanted ? 'wanted' : 'held';
  }
}
