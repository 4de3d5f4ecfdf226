import { type Epoch, equalBytes, type Generation, type LogEntry, type RoomId, type Seq } from '@undertone/protocol';
import { prefixRange, type Vault, type VaultWrite } from '@undertone/vault';
import type { Evidence } from '../content/evidence.ts';
import { type ChainRecord, chainKey } from '../storage/records.ts';
import { endsHash, entryHash, hashBytes } from './log-hash.ts';

/** Hashes in one record: a message writes the last one again. */
const blockHashes = 128;
/** How many epochs back the ends of logs are compared. */
export const keptEnds = 16;
/** How far back evidence is compared within an epoch. */
const keptBlocks = 32;

const blockOf = (seq: number): number => Math.floor(seq / blockHashes);

interface BlockRecord {
  readonly first: Seq;
  readonly hashes: Uint8Array<ArrayBuffer>;
}

/** What comparing someone's evidence with one's own log comes to, for one epoch. `unknown`: there is nothing to compare with. */
export type Comparison = 'agrees' | 'differs' | 'unknown';

/** `impossible`: it names an entry that cannot have been there when it was made (SPEC E4). */
export type Compared = 'impossible' | { readonly present: Comparison; readonly past: Comparison };

const compareHashes = (held: Uint8Array | undefined, said: Uint8Array): Comparison => {
  if (held === undefined || held.length === 0 || said.length === 0) return 'unknown';
  return equalBytes(held, said) ? 'agrees' : 'differs';
};

/**
 * The hash of the log in the epoch that this device holds, entry by entry (SPEC E1, E2), so that what others say of it can be compared
 * wherever they were when they said it (SPEC E4). A value: `extended` gives another one.
 */
export class EpochChain {
  readonly record: ChainRecord;
  readonly #first: Seq;
  readonly #hashes: readonly Uint8Array<ArrayBuffer>[];

  private constructor(record: ChainRecord, first: Seq, hashes: readonly Uint8Array<ArrayBuffer>[]) {
    this.record = record;
    this.#first = first;
    this.#hashes = hashes;
  }

  /** The chain of an epoch that begins; `hash` is that of SPEC E1. */
  static begin(record: ChainRecord, hash: Uint8Array<ArrayBuffer>): EpochChain {
    return new EpochChain(record, record.start, [hash]);
  }

  /** The stored chain; null where what is stored is not that of the record's epoch up to `cursor`. */
  static async open(
    room: RoomId,
    record: ChainRecord | null,
    cursor: Seq | null,
    vault: Vault,
  ): Promise<EpochChain | null> {
    if (record === null || cursor === null) return null;
    const blocks = await vault.scan<BlockRecord>('groups', prefixRange(chainKey(room, 0).slice(0, -10)));
    const hashes: Uint8Array<ArrayBuffer>[] = [];
    const first = blocks[0]?.value.first;
    if (first === undefined || first < record.start) return null;
    for (const { value } of blocks) {
      if (value.first !== first + hashes.length) return null;
      for (let at = 0; at < value.hashes.length; at += hashBytes) hashes.push(value.hashes.slice(at, at + hashBytes));
    }
    const last = first + hashes.length - 1;
    // Blocks that were trimmed away end at a border; what does not end at the cursor is of another log than the one that is held.
    const isWhole = first === record.start || first % blockHashes === 0;
    if (!isWhole || last !== cursor) return null;
    return new EpochChain(record, first, hashes);
  }

  /** The newest entry whose hash is known, and that hash. */
  get head(): { readonly seq: Seq; readonly hash: Uint8Array<ArrayBuffer> } {
    const hash = this.#hashes.at(-1);
    if (hash === undefined) throw new TypeError('an empty chain');
    return { seq: (this.#first + this.#hashes.length - 1) as Seq, hash };
  }

  /** For the epoch that follows: the last hashes of the epochs before it. After a difference they begin with this one's, so that it heals. */
  get ends(): readonly Uint8Array<ArrayBuffer>[] {
    const before = this.record.differed ? [] : this.record.ends;
    return [...before, this.head.hash].slice(-keptEnds);
  }

  /** What is said of the epochs before: how many, and the hash over their ends. */
  get past(): Pick<Evidence, 'epochs' | 'past'> {
    const { ends } = this.record;
    return { epochs: ends.length, past: endsHash(ends) };
  }

  /** As it is, with a difference found in its epoch. */
  differing(): EpochChain {
    return this.record.differed ? this : new EpochChain({ ...this.record, differed: true }, this.#first, this.#hashes);
  }

  isOf(generation: Generation, epoch: Epoch): boolean {
    return this.record.generation === generation && this.record.epoch === epoch;
  }

  /** With the next entries of the log. */
  extended(entries: readonly LogEntry[]): EpochChain {
    if (entries.length === 0) return this;
    const hashes = [...this.#hashes];
    for (const entry of entries) hashes.push(entryHash(hashes.at(-1) ?? new Uint8Array(0), entry));
    // Whole blocks go, so that what is left in the vault is what is left here.
    const oldest = Math.max(blockOf(this.#first), blockOf(this.#first + hashes.length - 1) - keptBlocks + 1);
    const dropped = Math.max(0, oldest * blockHashes - this.#first);
    return new EpochChain(this.record, (this.#first + dropped) as Seq, hashes.slice(dropped));
  }

  /** Compare what the sender of the entry at `seq` says of the log in this epoch, and of those before at their ends (SPEC E4). */
  compare(evidence: Evidence, seq: Seq): Compared {
    const { ends } = this.record;
    const held = evidence.epochs > ends.length ? undefined : endsHash(ends.slice(ends.length - evidence.epochs));
    const past = compareHashes(held, evidence.past);
    if (evidence.seq === 0) return { present: 'unknown', past };
    if (evidence.seq < this.record.start || evidence.seq >= seq) return 'impossible';
    return { present: compareHashes(this.#hashes[evidence.seq - this.#first], evidence.hash), past };
  }

  /** As it is stored, from the block of the entry at `from` on. */
  #blocks(from: Seq): Map<number, BlockRecord> {
    const blocks = new Map<number, BlockRecord>();
    const start = Math.max(this.#first, blockOf(from) * blockHashes);
    for (let at = start - this.#first; at < this.#hashes.length; ) {
      const first = this.#first + at;
      const index = blockOf(first);
      const count = Math.min((index + 1) * blockHashes - first, this.#hashes.length - at);
      const hashes = new Uint8Array(count * hashBytes);
      for (let i = 0; i < count; i++) hashes.set(this.#hashes[at + i] ?? new Uint8Array(0), i * hashBytes);
      blocks.set(index, { first: first as Seq, hashes });
      at += count;
    }
    return blocks;
  }

  /** What puts `after` in the place of `before` in the vault: only the blocks that differ. */
  static writes(room: RoomId, before: EpochChain | null, after: EpochChain | null): VaultWrite[] {
    if (before === after) return [];
    // Of one epoch the hashes that both have are the same; otherwise nothing is.
    const from = before !== null && before.record === after?.record ? before.head.seq : (0 as Seq);
    const present = after === null ? new Map<number, BlockRecord>() : after.#blocks(from);
    const oldest = after !== null && from > 0 ? blockOf(after.#first) : Number.POSITIVE_INFINITY;
    const gone = before === null ? [] : before.#blockIndexes().filter((index) => index < oldest && !present.has(index));
    return [
      ...gone.map((index): VaultWrite => ({ store: 'groups', key: chainKey(room, index) })),
      ...[...present].map(([index, value]): VaultWrite => ({ store: 'groups', key: chainKey(room, index), value })),
    ];
  }

  #blockIndexes(): number[] {
    const [first, last] = [blockOf(this.#first), blockOf(this.head.seq)];
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  }
}
