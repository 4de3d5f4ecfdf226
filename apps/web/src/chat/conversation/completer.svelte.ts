import type { PersonView } from '@undertone/client/view';
import { cleanName } from '../../text/names.ts';
import { bestMatches, type Choice, type Completable, completableAt } from './completion.ts';

const most = 8;

/** What is offered for the word before the caret, and which of it is chosen. */
export class Completer {
  readonly #people: () => readonly PersonView[];
  #word = $state.raw<Completable | null>(null);
  #choices = $state.raw<readonly Choice[]>([]);
  #active = $state(0);
  /** Words that were waved away stay so until they end. */
  #dismissed = -1;
  #asked = 0;

  constructor(people: () => readonly PersonView[]) {
    this.#people = people;
  }

  get choices(): readonly Choice[] {
    return this.#choices;
  }

  get open(): boolean {
    return this.#choices.length > 0;
  }

  get active(): number {
    return this.#active;
  }

  set active(index: number) {
    this.#active = index;
  }

  /** The word that a choice replaces. */
  get word(): Completable | null {
    return this.#word;
  }

  /** The text or the caret changed. */
  async update(text: string, caret: number): Promise<void> {
    const word = completableAt(text, caret);
    this.#asked += 1;
    const asked = this.#asked;
    if (word === null || word.from === this.#dismissed) {
      if (word === null) this.#dismissed = -1;
      this.#show(null, []);
      return;
    }
    if (word.kind === 'person') {
      this.#show(word, this.#persons(word.query));
      return;
    }
    try {
      const { emojiFor, loadEmoji } = await import('../emoji/emoji-data.ts');
      const all = await loadEmoji();
      if (asked !== this.#asked) return;
      this.#show(
        word,
        emojiFor(all, word.query, most).map(({ emoji, shortcodes, annotation }) => ({
          key: emoji,
          insert: emoji,
          emoji,
          label: `:${shortcodes.find((code) => code.includes(word.query.toLowerCase())) ?? shortcodes[0] ?? ''}:`,
          detail: annotation,
        })),
      );
    } catch {
      // Without the data there is nothing to offer; the text stays as it was typed.
      this.#show(null, []);
    }
  }

  move(step: -1 | 1): void {
    const count = this.#choices.length;
    if (count > 0) this.#active = (this.#active + step + count) % count;
  }

  dismiss(): void {
    this.#dismissed = this.#word?.from ?? -1;
    this.close();
  }

  close(): void {
    this.#asked += 1;
    this.#show(null, []);
  }

  #show(word: Completable | null, choices: readonly Choice[]): void {
    if (this.#word?.from !== word?.from || this.#word?.query !== word?.query) this.#active = 0;
    this.#word = choices.length > 0 ? word : null;
    this.#choices = choices;
  }

  #persons(query: string): readonly Choice[] {
    const names = ({ username, displayName }: PersonView) => [username, cleanName(displayName ?? '')];
    return bestMatches(this.#people(), names, query, most).map(({ id, username, displayName }) => ({
      key: id,
      insert: `@${username}`,
      label: cleanName(displayName ?? '') || username,
      detail: `@${username}`,
    }));
  }
}
