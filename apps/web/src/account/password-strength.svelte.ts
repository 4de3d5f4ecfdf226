import type { CommonPasswords } from '@undertone/protocol';
import type { createStrengthMeter, Strength } from './strength-meter.ts';

const waitMs = 120;

/** The strength of the password in a field, measured when the typing rests; null while there is nothing to say. */
export class PasswordStrength {
  #strength = $state.raw<Strength | null>(null);
  #meter:
    | { readonly list: CommonPasswords | undefined; readonly measure: ReturnType<typeof createStrengthMeter> }
    | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #turn = 0;

  get strength(): Strength | null {
    return this.#strength;
  }

  /** The field holds `password` now. `about`: what others know of the person. */
  measure(password: string, list: CommonPasswords | undefined, about: readonly string[]): void {
    const turn = ++this.#turn;
    clearTimeout(this.#timer);
    if (password === '') {
      this.#strength = null;
      return;
    }
    this.#timer = setTimeout(async () => {
      const measure = await this.#load(list);
      if (turn === this.#turn && measure !== undefined) this.#strength = measure(password, about);
    }, waitMs);
  }

  stop(): void {
    this.#turn++;
    clearTimeout(this.#timer);
  }

  async #load(list: CommonPasswords | undefined) {
    if (this.#meter?.list === list && this.#meter) return this.#meter.measure;
    // Without its chunk there is no meter; the rules beside it are the ones that count.
    const module = await import('./strength-meter.ts').catch(() => undefined);
    if (module) this.#meter = { list, measure: module.createStrengthMeter(list ?? []) };
    return this.#meter?.measure;
  }
}
