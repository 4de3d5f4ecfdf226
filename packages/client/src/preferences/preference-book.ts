import type { RoomId } from '@undertone/protocol';
import type { Vault } from '@undertone/vault';
import { defaultPreferences, type Preferences, type PreferencesChange } from '../view/preferences.ts';

const key = 'preferences';

function withLevels(levels: Preferences['levels'], change: PreferencesChange['levels'] = {}): Preferences['levels'] {
  const kept = Object.entries({ ...levels, ...change }).filter(([, level]) => level !== null);
  return Object.fromEntries(kept) as Preferences['levels'];
}

/** The person's choices on this browser, sealed like everything else in the vault. */
export class PreferenceBook {
  readonly #vault: Vault;
  readonly #changed: (preferences: Preferences) => void;
  #current: Preferences;

  private constructor(vault: Vault, changed: (preferences: Preferences) => void, current: Preferences) {
    this.#vault = vault;
    this.#changed = changed;
    this.#current = current;
  }

  static async open(vault: Vault, changed: (preferences: Preferences) => void): Promise<PreferenceBook> {
    const stored = await vault.get<Partial<Preferences>>('meta', key);
    return new PreferenceBook(vault, changed, { ...defaultPreferences, ...stored });
  }

  get current(): Preferences {
    return this.#current;
  }

  /** Change some of them, on disk before they count. */
  async change({ levels, ...rest }: PreferencesChange): Promise<void> {
    await this.#put({ ...this.#current, ...rest, levels: withLevels(this.#current.levels, levels) });
  }

  /** The room is left: its choice goes with it. */
  async forget(room: RoomId): Promise<void> {
    if (this.#current.levels[room] === undefined) return;
    await this.#put({ ...this.#current, levels: withLevels(this.#current.levels, { [room]: null }) });
  }

  async #put(preferences: Preferences): Promise<void> {
    await this.#vault.write([{ store: 'meta', key, value: preferences }]);
    this.#current = preferences;
    this.#changed(preferences);
  }
}
