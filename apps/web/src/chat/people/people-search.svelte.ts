import type { Core, PersonView } from '@undertone/client/view';
import type { AccountId } from '@undertone/protocol';
import { failureSentence } from '../../state/failure.ts';

const quietMs = 200;

/** People found by name, and those chosen among them. */
export class PeopleSearch {
  readonly #core: Pick<Core, 'searchPeople'>;
  readonly #exclude: ReadonlySet<AccountId>;
  /** How many may be chosen. */
  readonly most: number;
  #query = $state('');
  #found = $state.raw<readonly PersonView[]>([]);
  #chosen = $state.raw<readonly PersonView[]>([]);
  #state = $state<'idle' | 'searching' | 'done'>('idle');
  #failure = $state<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;

  /** `known` are offered before anything is typed. */
  constructor(
    core: Pick<Core, 'searchPeople'>,
    known: readonly PersonView[],
    exclude: ReadonlySet<AccountId>,
    most: number,
  ) {
    this.#core = core;
    this.#exclude = exclude;
    this.most = most;
    this.#known = known.filter((person) => !exclude.has(person.id));
  }

  readonly #known: readonly PersonView[];

  readonly offered: readonly PersonView[] = $derived.by(() => {
    const list = this.#query.trim() === '' ? this.#known : this.#found;
    return list.filter((person) => !this.#exclude.has(person.id));
  });

  get query(): string {
    return this.#query;
  }

  set query(query: string) {
    this.#query = query;
    clearTimeout(this.#timer);
    this.#asked += 1;
    this.#failure = undefined;
    if (query.trim() === '') {
      this.#state = 'idle';
      return;
    }
    this.#state = 'searching';
    this.#timer = setTimeout(() => void this.#search(query.trim(), this.#asked), quietMs);
  }

  get state(): 'idle' | 'searching' | 'done' {
    return this.#state;
  }

  get failure(): string | undefined {
    return this.#failure;
  }

  get chosen(): readonly PersonView[] {
    return this.#chosen;
  }

  get full(): boolean {
    return this.#chosen.length >= this.most;
  }

  isChosen(account: AccountId): boolean {
    return this.#chosen.some((person) => person.id === account);
  }

  toggle(person: PersonView): void {
    if (this.isChosen(person.id)) this.#chosen = this.#chosen.filter((one) => one.id !== person.id);
    else if (!this.full) this.#chosen = [...this.#chosen, person];
  }

  async #search(query: string, asked: number): Promise<void> {
    try {
      const found = await this.#core.searchPeople(query);
      if (asked !== this.#asked) return;
      this.#found = found;
      this.#state = 'done';
    } catch (error) {
      if (asked !== this.#asked) return;
      this.#failure = failureSentence(error);
      this.#state = 'done';
    }
  }
}
