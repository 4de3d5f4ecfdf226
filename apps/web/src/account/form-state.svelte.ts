import { tick } from 'svelte';
import { Countdown } from './countdown.svelte.ts';
import { type FieldOfCode, type FormFailure, formFailure } from './form-failure.ts';

export type Problems<Field extends string> = Partial<Record<Field, string>>;

interface Submission<Field extends string> {
  readonly form: HTMLFormElement;
  /** What is wrong as far as can be known here; if anything is, nothing is sent. */
  readonly check?: () => Problems<Field>;
  readonly send: () => Promise<void>;
}

/**
 * The course of one form: busy, a sentence at each field that needs one, a failure of the whole form, a wait where the server asked
 * for one. What was typed is the page's and is never touched here.
 */
export class FormState<Field extends string> {
  readonly wait = new Countdown();
  readonly #fields: FieldOfCode<Field>;
  #busy = $state(false);
  #problems = $state.raw<Problems<Field>>({});
  #failure = $state.raw<FormFailure<Field> | null>(null);

  constructor(fields: FieldOfCode<Field>) {
    this.#fields = fields;
  }

  get busy(): boolean {
    return this.#busy;
  }

  /** What failed beside the fields; for the top of the form. */
  get failure(): FormFailure<Field> | null {
    return this.#failure;
  }

  problem(field: Field): string | undefined {
    return this.#problems[field];
  }

  /** The field was changed: what was said about it need not hold any more. */
  touch(field: Field): void {
    if (this.#problems[field] === undefined) return;
    const { [field]: _, ...others } = this.#problems;
    this.#problems = others as Problems<Field>;
  }

  /** Say something at a field outside of a submission. */
  refuse(field: Field, sentence: string): void {
    this.#problems = { ...this.#problems, [field]: sentence };
  }

  /** Check, then send. Whether it went through; if not, the sentence is placed and its field has the focus. */
  async submit({ form, check, send }: Submission<Field>): Promise<boolean> {
    if (this.#busy || this.wait.seconds > 0) return false;
    this.#failure = null;
    this.#problems = check?.() ?? {};
    if (Object.keys(this.#problems).length > 0) {
      await focusFirstProblem(form);
      return false;
    }
    this.#busy = true;
    try {
      await send();
      return true;
    } catch (error) {
      await this.#place(formFailure(error, this.#fields), form);
      return false;
    } finally {
      this.#busy = false;
    }
  }

  async #place(failure: FormFailure<Field>, form: HTMLFormElement): Promise<void> {
    if (failure.retryAfterMs !== null) this.wait.start(failure.retryAfterMs);
    if (failure.field === null) {
      this.#failure = failure;
      await tick();
      form.querySelector('[role="alert"]')?.scrollIntoView({ block: 'nearest' });
      return;
    }
    this.refuse(failure.field, failure.sentence);
    await focusFirstProblem(form);
  }
}

async function focusFirstProblem(form: HTMLFormElement): Promise<void> {
  await tick();
  form.querySelector<HTMLElement>('[aria-invalid="true"], [data-problem]')?.focus();
}
