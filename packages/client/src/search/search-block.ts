import type { AccountId, Seq, TimestampMs } from '@undertone/protocol';
import type { MessageRow, SearchQuery, TimelineRow } from '../view/index.ts';
import { folded, type Wanted, wordsOf } from './words.ts';

/** Entries per block. Blocks are read, made and forgotten as a whole. */
export const blockSeqs = 1_000;
/** Different words of one message that can be found; nobody says more, and memory is bounded by it. */
const wordsPerMessage = 400;
/** Counted up when words are found in another way: blocks of before are made anew. */
const blockVersion = 1;

/** What is known of a message besides its words. */
export interface Place {
  readonly seq: Seq;
  readonly key: string;
  readonly account: AccountId;
  readonly at: TimestampMs;
  readonly hasFile: boolean;
  /** How often it was edited: two edits may have the same time. */
  readonly edits: number;
}

type PackedPlace = readonly [Seq, string, AccountId, TimestampMs, boolean, number];

/** searchBlocks/<room>/<number>: the words of a stretch of a room that is not going to grow. */
export interface BlockRecord {
  readonly version: number;
  readonly places: readonly PackedPlace[];
  /** Sorted, one per line, and for each the places in the block where it stands. */
  readonly words: string;
  readonly offsets: readonly (readonly number[])[];
}

export type Filter = Pick<SearchQuery, 'account' | 'hasFile' | 'from' | 'to'>;

const passes = (place: Place, { account, hasFile, from, to }: Filter): boolean =>
  (account === undefined || place.account === account) &&
  (!hasFile || place.hasFile) &&
  (from === undefined || place.at >= from) &&
  (to === undefined || place.at < to);

/** Whether a row can be found at all. */
export const findable = (row: TimelineRow): row is MessageRow & { readonly seq: Seq } =>
  row.kind === 'message' && row.seq !== null && !row.deleted;

/** What of a row is looked at. */
export const searchedText = (row: MessageRow): string => `${row.text}\n${row.file?.name ?? ''}`;

/** The first place in `sorted` that is not before `word`. */
function lowerBound(sorted: readonly string[], word: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? '') < word) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The words of a stretch of one room: for each word where it stands. A library would rank what it finds, which costs hundreds of
 * milliseconds for a common word in 100,000 messages and is thrown away, because the newest come first; this takes a few.
 */
export class SearchBlock {
  readonly #start: number;
  readonly #places: (Place | undefined)[] = new Array(blockSeqs).fill(undefined);
  readonly #offsets = new Map<string, number[]>();
  readonly #seqs = new Map<string, Seq>();
  #sorted: readonly string[] | null = null;
  #weight = 0;
  /** The oldest entry that this block knows of. */
  readonly from: number;
  /** Whether the vault holds it as it is, or is about to. */
  stored = false;

  /** `start`: the first entry that may be in it. */
  constructor(start: number, from: number) {
    this.#start = start;
    this.from = from;
  }

  /** Null where it was written by another version. */
  static read(record: BlockRecord, start: number): SearchBlock | null {
    if (record.version !== blockVersion) return null;
    const block = new SearchBlock(start, start);
    for (const [seq, key, account, at, hasFile, edits] of record.places) {
      block.#place({ seq, key, account, at, hasFile, edits });
    }
    block.#sorted = record.words === '' ? [] : record.words.split('\n');
    for (const [i, word] of block.#sorted.entries()) {
      const offsets = [...(record.offsets[i] ?? [])];
      block.#offsets.set(word, offsets);
      block.#weight += offsets.length;
    }
    block.stored = true;
    return block;
  }

  /** About what it takes in memory: how often words stand in it. */
  get weight(): number {
    return this.#weight;
  }

  record(): BlockRecord {
    const places = this.#known().map(
      ({ seq, key, account, at, hasFile, edits }): PackedPlace => [seq, key, account, at, hasFile, edits],
    );
    const words = this.#sortedWords();
    return {
      version: blockVersion,
      places,
      words: words.join('\n'),
      offsets: words.map((word) => this.#offsets.get(word) ?? []),
    };
  }

  /** Whether `row` says what this block knows already. */
  knows(row: TimelineRow): boolean {
    if (row.seq === null) return true;
    const place = this.#places[row.seq - this.#start];
    if (!findable(row)) return place === undefined;
    return place !== undefined && place.key === row.key && place.edits === row.earlier.length;
  }

  /** Take a row in, instead of what was at its place. */
  put(row: TimelineRow): void {
    if (row.seq === null) return;
    this.#drop(row.seq);
    if (!findable(row)) return;
    const { seq, key, account, at } = row;
    this.#place({ seq, key, account, at, hasFile: row.file !== null, edits: row.earlier.length });
    for (const word of [...new Set(wordsOf(searchedText(row)).map(folded))].slice(0, wordsPerMessage)) {
      this.#weight += 1;
      const offsets = this.#offsets.get(word);
      if (offsets) offsets.push(seq - this.#start);
      else {
        this.#offsets.set(word, [seq - this.#start]);
        this.#sorted = null;
      }
    }
  }

  /** The row of this key is gone, if it was here. */
  remove(key: string): void {
    const seq = this.#seqs.get(key);
    if (seq !== undefined) this.#drop(seq);
  }

  /** Everything that passes, in no order. */
  find(wanted: Wanted | null, filter: Filter): Place[] {
    if (wanted === null) return this.#known().filter((place) => passes(place, filter));
    // How many of the words stand at each place; those that lack one are not counted on.
    const counts = new Uint8Array(blockSeqs);
    let step = 0;
    for (const word of wanted.whole) {
      const offsets = this.#offsets.get(word);
      if (offsets === undefined) return [];
      for (const offset of offsets) if (counts[offset] === step) counts[offset] = step + 1;
      step += 1;
    }
    const found: Place[] = [];
    for (const word of this.#beginningWith(wanted.start)) {
      for (const offset of this.#offsets.get(word) ?? []) {
        if (counts[offset] !== step) continue;
        const place = this.#places[offset];
        if (place === undefined) continue;
        counts[offset] = step + 1;
        if (passes(place, filter)) found.push(place);
      }
    }
    return found;
  }

  *#beginningWith(start: string): Iterable<string> {
    const words = this.#sortedWords();
    for (let i = lowerBound(words, start); words[i]?.startsWith(start); i++) yield words[i] ?? '';
  }

  #sortedWords(): readonly string[] {
    this.#sorted ??= [...this.#offsets.keys()].sort();
    return this.#sorted;
  }

  #known(): Place[] {
    return this.#places.filter((place) => place !== undefined);
  }

  #place(place: Place): void {
    this.#places[place.seq - this.#start] = place;
    this.#seqs.set(place.key, place.seq);
  }

  #drop(seq: Seq): void {
    const offset = seq - this.#start;
    const place = this.#places[offset];
    if (place === undefined) return;
    this.#places[offset] = undefined;
    this.#seqs.delete(place.key);
    for (const [word, offsets] of this.#offsets) {
      const left = offsets.filter((one) => one !== offset);
      if (left.length === offsets.length) continue;
      this.#offsets.set(word, left);
      this.#weight -= 1;
      if (left.length > 0) continue;
      this.#offsets.delete(word);
      this.#sorted = null;
    }
  }
}
