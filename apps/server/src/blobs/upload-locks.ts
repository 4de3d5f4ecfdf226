import { setTimeout as delay } from 'node:timers/promises';
import { ERRORS, type Lock, type Locker, type RequestRelease } from '@tus/server';
import type { Lease, Leases } from '../database/leases.ts';
import { serverLimits } from '../server-limits.ts';

interface Waiter {
  readonly requestRelease: RequestRelease;
  readonly enter: () => void;
}

const leaseName = (id: string): string => `upload ${id}`;

/**
 * One request at a time per upload. Whoever comes asks the one before to end: after a cut connection that is the dead request of the
 * same client. First come, first served within a process, where nobody spins while it waits, as tus' own locks do; who is at the head of a
 * process' queue then takes the upload's lease from the other processes. A process that loses a lease by being too slow still does no harm:
 * what two of them write at one offset is the same ciphertext (SPEC F2).
 */
export class UploadLocks implements Locker {
  readonly #leases: Leases;
  readonly #queues = new Map<string, Waiter[]>();
  readonly #held = new Map<string, Lease>();

  constructor(leases: Leases) {
    this.#leases = leases;
  }

  newLock(id: string): Lock {
    return {
      lock: (signal, requestRelease) => this.#lock(id, signal, requestRelease),
      unlock: () => this.#unlock(id),
    };
  }

  /** Run while no request writes to or looks at the upload. One that does is asked to end. */
  async run<T>(id: string, task: () => Promise<T>): Promise<T> {
    await this.#lock(id, undefined, () => {});
    try {
      return await task();
    } finally {
      await this.#unlock(id);
    }
  }

  async #lock(id: string, signal: AbortSignal | undefined, requestRelease: RequestRelease): Promise<void> {
    await this.#enter(id, signal, requestRelease);
    try {
      this.#held.set(id, await this.#takeLease(id, signal, requestRelease));
    } catch (error) {
      await this.#unlock(id);
      throw error;
    }
  }

  async #takeLease(id: string, signal: AbortSignal | undefined, requestRelease: RequestRelease): Promise<Lease> {
    const name = leaseName(id);
    const deadline = Date.now() + serverLimits.uploadLockMaxMs;
    for (;;) {
      const lease = await this.#leases.take(name, () => void requestRelease());
      if (lease !== undefined) return lease;
      if (signal?.aborted || Date.now() > deadline) throw ERRORS.ERR_LOCK_TIMEOUT;
      await this.#leases.want(name);
      await delay(serverLimits.leasePollMs);
    }
  }

  /** The first of a queue is the one of this process. */
  async #enter(id: string, signal: AbortSignal | undefined, requestRelease: RequestRelease): Promise<void> {
    const queue = this.#queues.get(id) ?? [];
    this.#queues.set(id, queue);
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        requestRelease,
        enter: () => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', giveUp);
          resolve();
        },
      };
      const giveUp = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', giveUp);
        queue.splice(queue.indexOf(waiter), 1);
        reject(ERRORS.ERR_LOCK_TIMEOUT);
      };
      const timer = setTimeout(giveUp, serverLimits.uploadLockMaxMs);
      signal?.addEventListener('abort', giveUp);
      queue.push(waiter);
      if (queue.length === 1) waiter.enter();
      else void queue[0]?.requestRelease();
    });
  }

  async #unlock(id: string): Promise<void> {
    const lease = this.#held.get(id);
    this.#held.delete(id);
    // Where the database fails the lease runs out by itself.
    await lease?.release().catch(() => {});
    const queue = this.#queues.get(id);
    queue?.shift();
    const next = queue?.[0];
    if (next === undefined) {
      this.#queues.delete(id);
      return;
    }
    next.enter();
    if (queue && queue.length > 1) void next.requestRelease();
  }
}
