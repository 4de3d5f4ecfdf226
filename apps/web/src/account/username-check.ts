import {
  errorTable,
  normalizeUsername,
  type UsernameAvailability,
  type UsernameProblem,
  usernameProblem,
  usernameSentence,
} from '@undertone/protocol';

/** What is known of the name in the field. `unknown`: the server could not be asked, so nothing is claimed. */
export type UsernameState =
  | { readonly kind: 'empty' | 'checking' | 'available' | 'taken' | 'unknown' }
  | { readonly kind: 'invalid'; readonly problem: UsernameProblem | null };

export type AskAvailability = (name: string, signal: AbortSignal) => Promise<UsernameAvailability>;

interface UsernameCheckOptions {
  readonly ask: AskAvailability;
  readonly report: (state: UsernameState) => void;
  /** How long the typing must rest before the server is asked. */
  readonly waitMs?: number;
}

/**
 * Follows a username while it is typed: the rules at once, the server once the typing rests. A new name cancels the question about
 * the old one, and an answer that comes all the same (cancelling is a race) is dropped: only the newest name's answer is reported.
 */
export class UsernameCheck {
  readonly #ask: AskAvailability;
  readonly #report: (state: UsernameState) => void;
  readonly #waitMs: number;
  #name = '';
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking: AbortController | undefined;

  constructor({ ask, report, waitMs = 350 }: UsernameCheckOptions) {
    this.#ask = ask;
    this.#report = report;
    this.#waitMs = waitMs;
  }

  /** The field holds `input` now. A change that leaves the stored form as it was (a space at the end) asks nothing again. */
  type(input: string): void {
    const name = normalizeUsername(input);
    if (name === this.#name) return;
    this.stop();
    this.#name = name;
    const known = stateWithoutServer(name);
    this.#report(known ?? { kind: 'checking' });
    if (known === undefined) this.#timer = setTimeout(() => void this.#askNow(name), this.#waitMs);
  }

  /** Forget the question under way; the state stays as it was last reported. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    this.#asking = undefined;
  }

  async #askNow(name: string): Promise<void> {
    const asking = new AbortController();
    this.#asking = asking;
    const state = await this.#ask(name, asking.signal).then(stateOf, (): UsernameState => ({ kind: 'unknown' }));
    if (!asking.signal.aborted) this.#report(state);
  }
}

/** What the rules alone decide; `undefined` where the server has to be asked. */
function stateWithoutServer(name: string): UsernameState | undefined {
  if (name === '') return { kind: 'empty' };
  const problem = usernameProblem(name);
  return problem === undefined ? undefined : { kind: 'invalid', problem };
}

function stateOf(answer: UsernameAvailability): UsernameState {
  if (answer.available) return { kind: 'available' };
  return answer.reason === 'invalid' ? { kind: 'invalid', problem: null } : { kind: 'taken' };
}

/** The words under the field, or null where there is nothing to say. */
export function usernameStateSentence(state: UsernameState): string | null {
  switch (state.kind) {
    case 'empty':
    case 'unknown':
      return null;
    case 'checking':
      return 'Checking whether it is free…';
    case 'available':
      return 'This username is free.';
    case 'taken':
      return 'This username is taken, or looks like one that is.';
    case 'invalid':
      return state.problem === null ? errorTable.invalid_username.sentence : usernameSentence[state.problem];
    default:
      return state satisfies never;
  }
}
