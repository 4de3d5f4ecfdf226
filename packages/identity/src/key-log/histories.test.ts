import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { alice, type Bytes, dayMs, type Machine, newMachine, refusalOf, SampleLog } from '../testing/sample-log.ts';
import { compareKeyLogs } from './compare-key-logs.ts';
import { createKeepRecovery } from './kinds/keep-recovery.ts';
import { createRecoveryLost } from './kinds/recovery-lost.ts';
import { createRemoveDevice } from './kinds/remove-device.ts';
import { createRemoveRecovery } from './kinds/remove-recovery.ts';
import { createSetArchive } from './kinds/set-archive.ts';
import { createSetWraps } from './kinds/set-wraps.ts';
import type { EntryPosition } from './next-entry.ts';
import { activeDevices } from './verified-key-log.ts';
import { verifyKeyLog } from './verify-key-log.ts';

/** Keys are slow to make: every history draws its machines from here, in order. */
let pool: readonly Machine[];
beforeAll(async () => {
  pool = await Promise.all(Array.from({ length: 30 }, newMachine));
});

const actions = ['add', 'replace', 'remove', 'set', 'wraps', 'unset', 'lost', 'keep', 'archive'] as const;
interface Step {
  readonly action: (typeof actions)[number];
  readonly who: number;
  readonly recovery: boolean;
  readonly days: number;
}
const steps = fc.array(
  fc.record({
    action: fc.constantFrom(...actions),
    who: fc.nat(20),
    recovery: fc.boolean(),
    days: fc.constantFrom(0, 1, 8),
  }),
  { minLength: 4, maxLength: 14 },
);

/** Plays steps; one that the rules refuse where it comes leaves the log as it was. */
class History {
  readonly #sample: SampleLog;
  #drawn = 1;
  #recovery: Machine | undefined;

  private constructor(sample: SampleLog) {
    this.#sample = sample;
  }

  static async play(plan: readonly Step[]): Promise<SampleLog> {
    const history = new History(await SampleLog.begin(alice, pool[0] as Machine));
    for (const step of plan) {
      history.#sample.time += step.days * dayMs;
      const entry = await history.#entry(step);
      if ((await history.#sample.refusal(entry)) === 'accepted') await history.#sample.take(entry);
    }
    return history.#sample;
  }

  #signer(step: Step): EntryPosition {
    const active = activeDevices(this.#sample.log);
    const device = active[step.who % active.length]?.device;
    const machine = pool.find((one) => one.device === device);
    if (machine !== undefined && (!step.recovery || this.#recovery === undefined)) return this.#sample.by(machine);
    return this.#sample.byRecovery((this.#recovery ?? (pool[0] as Machine)).key);
  }

  #draw(): Machine {
    return pool[this.#drawn++] as Machine;
  }

  async #entry(step: Step): Promise<Bytes> {
    const { log } = this.#sample;
    const at = this.#signer(step);
    const active = activeDevices(log).map(({ device }) => device);
    const chosen = active.slice(step.who % Math.max(1, active.length), (step.who % Math.max(1, active.length)) + 2);
    switch (step.action) {
      case 'add':
        return await this.#sample.added(at, this.#draw());
      case 'replace':
        return await this.#sample.added(at, this.#draw(), chosen);
      case 'remove':
        return await createRemoveDevice(at, chosen);
      case 'set': {
        const next = this.#draw();
        const entry = await this.#sample.recoverySet(at, next.key);
        if ((await this.#sample.refusal(entry)) === 'accepted') this.#recovery = next;
        return entry;
      }
      case 'wraps':
        return await createSetWraps(at, [{ id: crypto.randomUUID(), kind: 'passkey', hash: new Uint8Array(32) }]);
      case 'unset':
        return await createRemoveRecovery(at);
      case 'lost':
        return await createRecoveryLost(at);
      case 'keep':
        return await createKeepRecovery(at);
      case 'archive':
        return await createSetArchive(at, {
          generation: (log.archive?.generation ?? 0) + 1,
          manifestHash: new Uint8Array(32),
        });
      default:
        return step.action satisfies never;
    }
  }
}

it('K4 whatever happened, the log verifies, keeps its devices and bindings, and is an extension of each part of it', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (plan) => {
      const { log } = await History.play(plan);
      expect(await verifyKeyLog(alice, log.entries)).toEqual(log);
      const part = await verifyKeyLog(alice, log.entries.slice(0, Math.ceil(log.entries.length / 2)));
      expect(compareKeyLogs(part, log)).toBe(part.entries.length === log.entries.length ? 'same' : 'extends');
      for (const [id, { key, addedAt }] of part.devices) expect(log.devices.get(id)).toMatchObject({ key, addedAt });
      expect(new Set([...log.devices.values()].map(({ key }) => String(key))).size).toBe(log.devices.size);
      const active = activeDevices(log).length;
      expect(active <= 8 && (active > 0 || log.recovery !== null)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

type Damage = (entries: Bytes[], at: number, byte: number, bit: number) => Bytes[];
const damages: Record<string, Damage> = {
  flip: (entries, at, byte, bit) =>
    entries.map((entry, i) =>
      i === at ? entry.map((old, j) => (j === byte % entry.length ? old ^ bit : old)) : entry,
    ),
  drop: (entries, at) => entries.toSpliced(at, 1),
  repeat: (entries, at) => entries.toSpliced(at, 0, entries[at] as Bytes),
  exchange: (entries, at) => {
    const other = (at + 1) % entries.length;
    return entries.with(at, entries[other] as Bytes).with(other, entries[at] as Bytes);
  },
  cut: (entries, at, byte) => entries.with(at, (entries[at] as Bytes).slice(0, byte % (entries[at] as Bytes).length)),
};

it('K4 no single damage gives another log: it is refused, or only the last entries are missing', async () => {
  await fc.assert(
    fc.asyncProperty(
      steps,
      fc.array(
        fc.record({
          kind: fc.constantFrom(...Object.keys(damages)),
          where: fc.nat(),
          byte: fc.nat(),
          bit: fc.integer({ min: 1, max: 255 }),
        }),
        { minLength: 20, maxLength: 20 },
      ),
      async (plan, hits) => {
        const { log } = await History.play(plan);
        for (const { kind, where, byte, bit } of hits) {
          const at = where % log.entries.length;
          const damaged = (damages[kind] as Damage)([...log.entries], at, byte, bit);
          if (log.entries.length === 1 && kind === 'exchange') continue;
          const result = await refusalOf(alice, damaged);
          const rolledBack = kind === 'drop' && at === log.entries.length - 1 && at > 0;
          if (rolledBack) expect(compareKeyLogs(log, await verifyKeyLog(alice, damaged))).toBe('shorter');
          else expect(result).not.toBe('accepted');
        }
      },
    ),
    { numRuns: 40 },
  );
});
