import { CoreError } from '@undertone/client/view';
import { failureSentence } from '../../state/failure.ts';

/** A new passphrase, typed twice, and the present one where there is one. What is typed is forgotten as soon as it was used. */
export class LockForm {
  current = $state('');
  next = $state('');
  again = $state('');
  #busy = $state(false);
  #problems = $state.raw<Partial<Record<'current' | 'next' | 'again', string>>>({});
  #failure = $state<string>();

  get busy(): boolean {
    return this.#busy;
  }

  get problems(): Readonly<Partial<Record<'current' | 'next' | 'again', string>>> {
    return this.#problems;
  }

  /** What went wrong beside the fields. */
  get failure(): string | undefined {
    return this.#failure;
  }

  touch(): void {
    this.#problems = {};
  }

  clear(): void {
    this.current = '';
    this.next = '';
    this.again = '';
    this.#problems = {};
    this.#failure = undefined;
  }

  /** Check the fields that are `asked` for, then do it. Whether it was done. */
  async submit(
    asked: { readonly current: boolean; readonly next: boolean },
    send: () => Promise<void>,
  ): Promise<boolean> {
    if (this.#busy) return false;
    this.#failure = undefined;
    this.#problems = {
      ...(asked.current && this.current === '' ? { current: 'Enter your passphrase.' } : {}),
      ...(asked.next && [...this.next].length < 8 ? { next: 'Use at least 8 characters.' } : {}),
      ...(asked.next && this.again !== this.next ? { again: 'The passphrases don’t match.' } : {}),
    };
    if (Object.keys(this.#problems).length > 0) return false;
    this.#busy = true;
    try {
      await send();
      this.clear();
      return true;
    } catch (error) {
      const code = error instanceof CoreError ? error.code : undefined;
      if (code === 'wrong_passphrase') this.#problems = { current: failureSentence(error) };
      else if (code === 'weak_passphrase') this.#problems = { next: failureSentence(error) };
      else this.#failure = failureSentence(error);
      return false;
    } finally {
      this.#busy = false;
    }
  }
}
