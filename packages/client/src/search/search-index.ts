import type { RoomId } from '@undertone/protocol';
import { prefixRange } from '@undertone/vault';
import type { RemovedRow, SearchCoverage, SearchHit, SearchPage, SearchQuery, TimelineChange } from '../view/index.ts';
import { coverageOf, furthestFirst } from './coverage.ts';
import { type BlockRecord, blockSeqs, findable, type Place, SearchBlock, searchedText } from './search-block.ts';
import type { SearchableRoom, SearchDeps } from './search-deps.ts';
import { foundIn, type Wanted, wantedIn } from './words.ts';

const rowsAtOnce = 250;
/** Blocks in memory, about half a megabyte each, and what they weigh together; those used longest ago are read again when they are needed. */
const keptBlocks = 256;
const keptWeight = 3_000_000;
/** Hits that may turn out to be none when they are read. */
const spareHits = 100;
/** Pages that one call of `further` fetches, at most. */
const pagesFurther = 10;

const blockOf = (seq: number): number => Math.floor(seq / blockSeqs);
const blockKey = (room: RoomId, number: number): string => `${room}/${String(number).padStart(12, '0')}`;
/** Let others have their turn: searching shares its thread with everything that is sent and received. */
const turn = () => new Promise<void>((resolve) => setTimeout(resolve));

/** A block on its way. */
interface Making {
  /** Something in it changed since it was begun. */
  changed: boolean;
  block?: Promise<SearchBlock>;
}

interface Found {
  readonly room: RoomId;
  readonly place: Place;
}

/**
 * Search in everything that this browser can read, without anything leaving it. The words of each room stand in blocks of a fixed
 * stretch of its log; a block that is not going to grow is stored sealed, under a key that only names the stretch.
 *
 * What changes in a stretch is taken into the block in memory, and the stored one is removed. A block that is being made
 * while something in it changes is made again.
 */
export class SearchIndex {
  readonly #deps: SearchDeps;
  /** By their keys, the one used last at the end. */
  readonly #blocks = new Map<string, SearchBlock>();
  readonly #making = new Map<string, Making>();
  /** Keys of stored blocks; null until it is known. */
  #stored: Promise<Set<string>> | null = null;
  /** Writes happen in order: what removes a block comes after what stored it. */
  #writes: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(deps: SearchDeps) {
    this.#deps = deps;
  }

  /** What was said, newest first. Without words and filters: nothing. */
  async search(query: SearchQuery): Promise<SearchPage> {
    const wanted = wantedIn(query.text);
    const rooms = await this.#roomsOf(query.room === undefined ? [] : [query.room]);
    const coverage = coverageOf(rooms);
    const { account, hasFile, from, to } = query;
    const filtered = account !== undefined || hasFile || from !== undefined || to !== undefined;
    // Signs only: nothing has such a word.
    if (wanted === null && (!filtered || query.text.trim() !== '')) return { hits: [], total: 0, coverage };
    const found = await this.#find(rooms, wanted, query);
    const newest = newestOf(found, query.limit + spareHits);
    const hits: SearchHit[] = [];
    let read = 0;
    while (hits.length < query.limit && read < newest.length) {
      const next = newest.slice(read, read + query.limit - hits.length);
      hits.push(...(await Promise.all(next.map((one) => this.#read(one, wanted)))).flatMap((hit) => hit ?? []));
      read += next.length;
    }
    return { hits, total: found.length - read + hits.length, coverage };
  }

  /** Fetch older history of these rooms (all where empty), of the one that reaches back least first. */
  async further(rooms: readonly RoomId[]): Promise<SearchCoverage> {
    const barren = new Set<RoomId>();
    for (let pages = 0; pages < pagesFurther && !this.#closed; pages++) {
      const next = furthestFirst(await this.#roomsOf(rooms)).find(({ id }) => !barren.has(id));
      if (next === undefined) break;
      if (!(await this.#deps.further(next.id))) barren.add(next.id);
    }
    return coverageOf(await this.#roomsOf(rooms));
  }

  /** Rows are new, others than before, or gone. */
  changed({ room, rows, removed }: TimelineChange): void {
    for (const row of rows) {
      if (row.seq === null) continue;
      const key = blockKey(room, blockOf(row.seq));
      const block = this.#blocks.get(key);
      if (block?.knows(row)) continue;
      block?.put(row);
      this.#outdate(key);
    }
    for (const row of removed) this.#removed(room, row);
  }

  /** Everything of a room that was left. */
  async forget(room: RoomId): Promise<void> {
    for (const [key, making] of this.#making) if (key.startsWith(`${room}/`)) making.changed = true;
    for (const key of this.#blocks.keys()) if (key.startsWith(`${room}/`)) this.#blocks.delete(key);
    await this.#write(async () => {
      const keys = await this.#deps.vault.keys('searchBlocks', prefixRange(`${room}/`));
      await this.#deps.vault.write(keys.map((key) => ({ store: 'searchBlocks', key })));
      const stored = await this.#stored;
      for (const key of keys) stored?.delete(key);
    });
  }

  close(): void {
    this.#closed = true;
    this.#blocks.clear();
  }

  async #roomsOf(ids: readonly RoomId[]): Promise<readonly SearchableRoom[]> {
    const rooms = await this.#deps.rooms();
    return ids.length === 0 ? rooms : rooms.filter(({ id }) => ids.includes(id));
  }

  async #find(rooms: readonly SearchableRoom[], wanted: Wanted | null, query: SearchQuery): Promise<Found[]> {
    const found: Found[] = [];
    for (const room of rooms) {
      if (room.cursor === null) continue;
      for (let number = blockOf(room.cursor); number >= blockOf(room.firstSeq); number--) {
        const key = blockKey(room.id, number);
        const ready = this.#blocks.get(key);
        const block = ready && ready.from <= neededFrom(room, number) ? ready : await this.#block(room, number);
        if (block === ready) this.#use(key, block);
        if (isFinished(room, number)) this.#store(key, block);
        for (const place of block.find(wanted, query)) found.push({ room: room.id, place });
      }
    }
    return found;
  }

  /** The row of something found, or null: it changed in the meantime, and its block does not know yet. */
  async #read({ room, place }: Found, wanted: Wanted | null): Promise<SearchHit | null> {
    const [row] = await this.#deps.rows(room, place.seq + 1, 1);
    const here = row !== undefined && row.seq === place.seq && findable(row);
    const terms = here ? (wanted === null ? [] : foundIn(searchedText(row), wanted)) : null;
    if (here && terms !== null) return { room, row, terms };
    const key = blockKey(room, blockOf(place.seq));
    this.#blocks.delete(key);
    this.#outdate(key);
    return null;
  }

  #use(key: string, block: SearchBlock): void {
    this.#blocks.delete(key);
    this.#blocks.set(key, block);
    let weight = 0;
    for (const { weight: one } of this.#blocks.values()) weight += one;
    for (const [oldest, { weight: one }] of this.#blocks) {
      if ((this.#blocks.size <= keptBlocks && weight <= keptWeight) || oldest === key) return;
      this.#blocks.delete(oldest);
      weight -= one;
    }
  }

  /** A block that is not in memory, or does not reach back far enough. */
  async #block(room: SearchableRoom, number: number): Promise<SearchBlock> {
    const key = blockKey(room.id, number);
    const running = this.#making.get(key)?.block;
    if (running) return await running;
    const making: Making = { changed: false };
    this.#making.set(key, making);
    making.block = this.#make(room.id, number, making).finally(() => this.#making.delete(key));
    return await making.block;
  }

  async #make(id: RoomId, number: number, making: Making): Promise<SearchBlock> {
    const key = blockKey(id, number);
    for (;;) {
      await turn();
      await this.#writes;
      making.changed = false;
      const room = (await this.#deps.rooms()).find((one) => one.id === id);
      if (room === undefined || room.cursor === null || this.#closed) return new SearchBlock(0, 0);
      const stored = await this.#readStored(key, number);
      const block = stored ?? (await this.#build(room, number));
      if (making.changed) continue;
      this.#use(key, block);
      return block;
    }
  }

  async #readStored(key: string, number: number): Promise<SearchBlock | null> {
    if (!(await this.#storedKeys()).has(key)) return null;
    const record = await this.#deps.vault.get<BlockRecord>('searchBlocks', key);
    return record === undefined ? null : SearchBlock.read(record, number * blockSeqs);
  }

  async #build(room: SearchableRoom, number: number): Promise<SearchBlock> {
    const from = neededFrom(room, number);
    const block = new SearchBlock(number * blockSeqs, from);
    for (let before = (number + 1) * blockSeqs; before > from && !this.#closed; await turn()) {
      const rows = await this.#deps.rows(room.id, before, rowsAtOnce);
      for (const row of rows) if (row.seq !== null && row.seq >= from && row.seq < before) block.put(row);
      const oldest = rows[0]?.seq;
      if (oldest === undefined || oldest === null || rows.length < rowsAtOnce) break;
      before = oldest;
    }
    return block;
  }

  #store(key: string, block: SearchBlock): void {
    if (block.stored) return;
    block.stored = true;
    void this.#write(async () => {
      // It changed since, or the room was left.
      if (this.#blocks.get(key) !== block) return;
      await this.#deps.vault.write([{ store: 'searchBlocks', key, value: block.record() }]);
      (await this.#storedKeys()).add(key);
    }).catch(() => {
      // The storage is full, perhaps: the block is made again next time.
    });
  }

  /** What is stored under `key` does not hold any more. */
  #outdate(key: string): void {
    const making = this.#making.get(key);
    if (making) making.changed = true;
    const block = this.#blocks.get(key);
    if (block) block.stored = false;
    void this.#write(async () => {
      if (!(await this.#storedKeys()).delete(key)) return;
      await this.#deps.vault.write([{ store: 'searchBlocks', key }]);
    }).catch(() => {});
  }

  #removed(room: RoomId, { key: rowKey, seq }: RemovedRow): void {
    // What is not in the log yet stands in no block.
    if (seq === null) return;
    const key = blockKey(room, blockOf(seq));
    this.#blocks.get(key)?.remove(rowKey);
    this.#outdate(key);
  }

  #storedKeys(): Promise<Set<string>> {
    this.#stored ??= this.#deps.vault.keys('searchBlocks').then((keys) => new Set(keys));
    return this.#stored;
  }

  #write(write: () => Promise<void>): Promise<void> {
    const done = this.#writes.then(async () => {
      if (!this.#closed) await write();
    });
    this.#writes = done.catch(() => {});
    return done;
  }
}

/** The newest `count`, sorted. Numbers sort much faster than places do, so those too old go first. */
function newestOf(found: readonly Found[], count: number): Found[] {
  let candidates = found;
  if (found.length > 2 * count) {
    const times = Float64Array.from(found, ({ place }) => place.at).sort();
    const oldest = times.at(-count) ?? 0;
    candidates = found.filter(({ place }) => place.at >= oldest);
  }
  return candidates.toSorted((a, b) => b.place.at - a.place.at || b.place.seq - a.place.seq).slice(0, count);
}

/** The oldest entry that block `number` must know of. */
const neededFrom = (room: SearchableRoom, number: number): number => Math.max(room.firstSeq, number * blockSeqs);

/** Whether everything that block `number` will ever hold is here. */
const isFinished = (room: SearchableRoom, number: number): boolean =>
  room.cursor !== null &&
  room.cursor >= (number + 1) * blockSeqs &&
  (room.complete || room.firstSeq <= number * blockSeqs);
