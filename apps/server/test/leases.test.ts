import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UploadLocks } from '../src/blobs/upload-locks.ts';
import { type Database, openDatabase } from '../src/database/database.ts';
import { Leases } from '../src/database/leases.ts';
import { databases } from './support/databases.ts';

const postgres = databases.find(({ name }) => name === 'PostgreSQL');

describe.skipIf(!postgres?.available)('leases of processes on one PostgreSQL', () => {
  let opened: Database[] = [];
  let drop = async (): Promise<void> => {};
  beforeAll(async () => {
    if (!postgres) return;
    const { location, drop: dropDatabase } = await postgres.create();
    drop = dropDatabase;
    opened = await Promise.all([1, 2].map(() => openDatabase(location)));
  });
  afterAll(async () => {
    await Promise.all(opened.map((database) => database.close()));
    await drop();
  });

  /** One of each for every process. */
  function pair<T>(make: (leases: Leases) => T): [T, T] {
    const [first, second] = opened.map((database) => make(new Leases(database)));
    if (!first || !second) throw new Error('no databases');
    return [first, second];
  }

  it('one at a time has it; whoever comes next may have it when it is released', async () => {
    const [here, there] = pair((leases) => leases);
    const name = randomUUID();
    const lease = await here.take(name, () => {});
    expect(await there.take(name, () => {})).toBeUndefined();
    expect(await here.run(name, async () => {})).toBe(false);
    await lease?.release();
    expect(await there.run(name, async () => {})).toBe(true);
  });

  it('of many who ask at once one gets it', async () => {
    const name = randomUUID();
    const processes = pair((leases) => leases);
    const taken = await Promise.all(Array.from({ length: 20 }, (_, i) => processes[i % 2]?.take(name, () => {})));
    expect(taken.filter((lease) => lease !== undefined)).toHaveLength(1);
    await Promise.all(taken.map((lease) => lease?.release()));
  });

  it('what a killed process held is taken over when its time is up, and a holder hears that it was lost', async () => {
    const [here, there] = pair((leases) => leases);
    const name = randomUUID();
    let told = () => {};
    const lost = new Promise<void>((resolve) => {
      told = resolve;
    });
    const stale = await here.take(name, told);
    await opened[0]?.prisma.lease.update({ where: { name }, data: { until: new Date(0) } });
    const lease = await there.take(name, () => {});
    expect(lease).toBeDefined();
    await lost;
    await stale?.release();
    expect(await here.take(name, () => {})).toBeUndefined();
    await lease?.release();
  });

  it('F2 a request on an upload asks the one before to end, also where another process serves that', async () => {
    const [here, there] = pair((leases) => new UploadLocks(leases));
    const id = randomUUID();
    const steps: string[] = [];
    const [first, second] = [here.newLock(id), there.newLock(id)];
    const never = new AbortController().signal;
    await first.lock(never, () => {
      steps.push('first is asked');
      void first.unlock();
    });
    await second.lock(never, () => {});
    steps.push('second has it');
    await second.unlock();
    expect(steps).toEqual(['first is asked', 'second has it']);
  });

  it('F2 who does not want to wait any more leaves no trace', async () => {
    const [here, there] = pair((leases) => new UploadLocks(leases));
    const id = randomUUID();
    const [first, second] = [here.newLock(id), there.newLock(id)];
    await first.lock(new AbortController().signal, () => {});
    const giveUp = new AbortController();
    const waiting = second.lock(giveUp.signal, () => {});
    giveUp.abort();
    await expect(waiting).rejects.toMatchObject({ status_code: 500 });
    await first.unlock();
    await there.run(id, async () => {});
  });
});
