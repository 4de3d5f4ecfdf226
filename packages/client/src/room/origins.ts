import type { MessageEntry, RoomId } from '@undertone/protocol';
import { prefixRange, type Vault } from '@undertone/vault';
import type { EntryRecord, OriginRecord } from '../storage/records.ts';

export const saidKey = ({ device, id }: Pick<OriginRecord, 'device' | 'id'>): string => `${device}/${id}`;

export const originOf = ({ device, id, generation, epoch }: MessageEntry): OriginRecord => ({
  device,
  id,
  generation,
  epoch,
});

type EpochOf = Pick<OriginRecord, 'generation' | 'epoch'>;

/** Ids that were used in one epoch, by device. */
export interface EpochIds extends EpochOf {
  readonly ids: Set<string>;
}

export const compareEpochs = (a: EpochOf, b: EpochOf): number => a.generation - b.generation || a.epoch - b.epoch;

const scanned = 500;

/** What is held of the epoch of the newest (`from` the end) or the oldest message; null where none is held. */
export async function heldEpoch(vault: Vault, room: RoomId, end: 'newest' | 'oldest'): Promise<EpochIds | null> {
  const reverse = end === 'newest';
  let { from, to } = prefixRange(`${room}/`);
  let epoch: OriginRecord | undefined;
  const ids = new Set<string>();
  for (;;) {
    const found = await vault.scan<EntryRecord>('entries', { from, to, reverse, limit: scanned });
    for (const { said } of found.map(({ value }) => value)) {
      if (said === undefined) continue;
      epoch ??= said;
      if (compareEpochs(said, epoch) !== 0) return { generation: epoch.generation, epoch: epoch.epoch, ids };
      ids.add(saidKey(said));
    }
    const last = found.at(-1);
    if (found.length < scanned || last === undefined) break;
    if (reverse) to = last.key;
    else from = `${last.key}\0`;
  }
  return epoch === undefined ? null : { generation: epoch.generation, epoch: epoch.epoch, ids };
}

/** Says whether a message may stand where it does, beside those that were verified. */
export interface LogOrder {
  allows(entry: MessageEntry): boolean;
  /** The message was read, with the key of its epoch. What could not be read may name any epoch, and proves nothing against others. */
  note(origin: OriginRecord): void;
}

/**
 * Checks the messages of a page from before what is held, oldest first. Keys of shared rooms open a message again and again, so
 * only the log's own rules tell one that was moved or repeated (SPEC L3, L4): epochs never fall along the log, and an id is used once.
 */
export class PageOrder implements LogOrder {
  readonly #after: EpochIds;
  readonly #accepted: OriginRecord[] = [];
  #ids: Set<string>;

  /** `after`: of the oldest message that is held, or the room's present epoch. */
  constructor(after: EpochIds) {
    this.#after = after;
    this.#ids = new Set();
  }

  /** Whether a message may stand after those that were noted. */
  allows(entry: MessageEntry): boolean {
    const last = this.#accepted.at(-1);
    const above = compareEpochs(entry, this.#after);
    if (above > 0 || (above === 0 && this.#after.ids.has(saidKey(entry)))) return false;
    if (last === undefined) return true;
    const step = compareEpochs(entry, last);
    return step > 0 || (step === 0 && !this.#ids.has(saidKey(entry)));
  }

  note(origin: OriginRecord): void {
    const last = this.#accepted.at(-1);
    if (last !== undefined && compareEpochs(origin, last) !== 0) this.#ids = new Set();
    this.#ids.add(saidKey(origin));
    this.#accepted.push(origin);
  }

  /** What the page before this one is checked against. */
  get oldest(): EpochIds {
    const [first] = this.#accepted;
    if (first === undefined) return this.#after;
    const ids = new Set(this.#accepted.filter((one) => compareEpochs(one, first) === 0).map(saidKey));
    if (compareEpochs(first, this.#after) === 0) for (const id of this.#after.ids) ids.add(id);
    return { generation: first.generation, epoch: first.epoch, ids };
  }
}

/** Checks messages that can be read only now against all that are held, by the same rules. They are gone through in the log's order. */
export class LateOrder {
  readonly #held: readonly (OriginRecord | undefined)[];
  /** For each place, the next verified message from it on. */
  readonly #next: (OriginRecord | undefined)[];
  readonly #used: Set<string>;
  #passed = 0;
  #last: OriginRecord | undefined;

  /** `held`: of everything that is held, in the log's order; `undefined` where nothing was verified. */
  constructor(held: readonly (OriginRecord | undefined)[]) {
    this.#held = held;
    this.#used = new Set(held.flatMap((origin) => (origin === undefined ? [] : LateOrder.#idOf(origin))));
    this.#next = new Array(held.length);
    let next: OriginRecord | undefined;
    for (let i = held.length - 1; i >= 0; i--) {
      next = held[i] ?? next;
      this.#next[i] = next;
    }
  }

  static #idOf(origin: OriginRecord): string {
    return `${origin.generation}/${origin.epoch}/${saidKey(origin)}`;
  }

  /** For the one at `index`, which is above that of the call before. */
  at(index: number): LogOrder {
    for (; this.#passed < index; this.#passed++) this.#last = this.#held[this.#passed] ?? this.#last;
    return {
      allows: (entry) => {
        const next = this.#next[index];
        const rises = this.#last === undefined || compareEpochs(this.#last, entry) <= 0;
        return (
          rises && (next === undefined || compareEpochs(entry, next) <= 0) && !this.#used.has(LateOrder.#idOf(entry))
        );
      },
      note: (origin) => {
        this.#last = origin;
        this.#used.add(LateOrder.#idOf(origin));
      },
    };
  }
}
