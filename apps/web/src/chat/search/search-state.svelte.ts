import type { Core, SearchCoverage, SearchPage, SearchQuery } from '@undertone/client/view';
import type { AccountId, RoomId, TimestampMs } from '@undertone/protocol';
import { createContext } from 'svelte';
import { failureSentence } from '../../state/failure.ts';

const quietMs = 80;
const pageHits = 50;

/** Midnight of a day as a date field writes it (`2026-05-03`), where the reader is; `days` later. */
export function startOfDate(date: string, days = 0): TimestampMs | undefined {
  const [year, month, day] = date.split('-').map(Number);
  if (!year || !month || !day) return undefined;
  return new Date(year, month - 1, day + days).getTime() as TimestampMs;
}

/** What is looked for, and what was found. */
export class SearchState {
  readonly #core: Pick<Core, 'search' | 'searchFurther'>;
  #text = $state('');
  #room = $state<RoomId>();
  #account = $state<AccountId>();
  #hasFile = $state(false);
  #from = $state('');
  #until = $state('');
  #limit = pageHits;
  #open = $state(false);
  #page = $state.raw<SearchPage>();
  #phase = $state<'idle' | 'searching' | 'done'>('idle');
  #going = $state(false);
  #failure = $state<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;
  /** The search box, while it is on the screen. */
  box: HTMLInputElement | undefined;

  constructor(core: Pick<Core, 'search' | 'searchFurther'>) {
    this.#core = core;
  }

  get open(): boolean {
    return this.#open;
  }

  /** What was found last; it stays while the next is searched for. */
  get page(): SearchPage | undefined {
    return this.#page;
  }

  get coverage(): SearchCoverage | undefined {
    return this.#page?.coverage;
  }

  get phase(): 'idle' | 'searching' | 'done' {
    return this.#phase;
  }

  /** Whether older history is being fetched. */
  get going(): boolean {
    return this.#going;
  }

  get failure(): string | undefined {
    return this.#failure;
  }

  get text(): string {
    return this.#text;
  }

  set text(text: string) {
    this.#text = text;
    this.#changed();
  }

  get room(): RoomId | undefined {
    return this.#room;
  }

  set room(room: RoomId | undefined) {
    this.#room = room;
    this.#changed();
  }

  get account(): AccountId | undefined {
    return this.#account;
  }

  set account(account: AccountId | undefined) {
    this.#account = account;
    this.#changed();
  }

  get hasFile(): boolean {
    return this.#hasFile;
  }

  set hasFile(hasFile: boolean) {
    this.#hasFile = hasFile;
    this.#changed();
  }

  get from(): string {
    return this.#from;
  }

  set from(date: string) {
    this.#from = date;
    this.#changed();
  }

  get until(): string {
    return this.#until;
  }

  set until(date: string) {
    this.#until = date;
    this.#changed();
  }

  /** How many filters besides the room are set. */
  get filters(): number {
    return [this.#account, this.#hasFile, this.#from, this.#until].filter(Boolean).length;
  }

  get asksNothing(): boolean {
    return this.#text.trim() === '' && this.filters === 0;
  }

  show(): void {
    this.#open = true;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#asked += 1;
    this.#open = false;
    this.#text = '';
    this.#room = undefined;
    this.#page = undefined;
    this.#phase = 'idle';
    this.#failure = undefined;
    this.clearFilters();
  }

  clearFilters(): void {
    this.#account = undefined;
    this.#hasFile = false;
    this.#from = '';
    this.#until = '';
    if (this.#open) this.#changed();
  }

  more(): void {
    this.#limit += pageHits;
    void this.#search();
  }

  retry(): void {
    void this.#search();
  }

  /** Fetch older history, then search in it. */
  async further(): Promise<void> {
    if (this.#going) return;
    this.#going = true;
    this.#failure = undefined;
    try {
      await this.#core.searchFurther(this.#room === undefined ? [] : [this.#room]);
      await this.#search();
    } catch (error) {
      this.#failure = failureSentence(error);
    } finally {
      this.#going = false;
    }
  }

  #changed(): void {
    this.#open = true;
    this.#limit = pageHits;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#search(), quietMs);
  }

  get #query(): SearchQuery {
    const from = startOfDate(this.#from);
    const to = startOfDate(this.#until, 1);
    return {
      text: this.#text,
      limit: this.#limit,
      ...(this.#room !== undefined && { room: this.#room }),
      ...(this.#account !== undefined && { account: this.#account }),
      ...(this.#hasFile && { hasFile: true }),
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
    };
  }

  async #search(): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    this.#failure = undefined;
    if (this.asksNothing) {
      this.#page = undefined;
      this.#phase = 'idle';
      return;
    }
    this.#phase = 'searching';
    try {
      const page = await this.#core.search(this.#query);
      if (asked === this.#asked) this.#page = page;
    } catch (error) {
      if (asked === this.#asked) this.#failure = failureSentence(error);
    } finally {
      if (asked === this.#asked) this.#phase = 'done';
    }
  }
}

export const [getSearch, setSearch] = createContext<SearchState>();
