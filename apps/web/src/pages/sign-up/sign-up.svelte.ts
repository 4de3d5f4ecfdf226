import { RestClient } from '@undertone/client/rest';
import { ProtocolError, type ServerConfig, type SignUpRequest } from '@undertone/protocol';
import { ChosenAvatar } from '../../account/chosen-avatar.svelte.ts';
import { CommonPasswordList } from '../../account/common-passwords.svelte.ts';
import { signUpFields } from '../../account/form-failure.ts';
import { FormState } from '../../account/form-state.svelte.ts';
import { nextPath } from '../../account/next-path.ts';
import { UsernameCheck, type UsernameState } from '../../account/username-check.ts';
import type { App } from '../../app/app.svelte.ts';
import { rest } from '../../app/rest.ts';
import { paths } from '../../app/routes.ts';
import { signUpProblems } from './sign-up-problems.ts';

/** Everything that the sign-up page knows and does. */
export class SignUp {
  username = $state('');
  password = $state('');
  displayName = $state('');
  invite = $state('');
  readonly avatar = new ChosenAvatar();
  readonly common = new CommonPasswordList();
  readonly form = new FormState(signUpFields);
  readonly #app: App;
  readonly #check: UsernameCheck;
  #usernameState = $state.raw<UsernameState>({ kind: 'empty' });
  /** Undefined until the server has said; the form works all the same. */
  #registration = $state<ServerConfig['registration']>();
  #closed = $state(false);

  constructor(app: App) {
    this.#app = app;
    this.invite = app.router.query.get('invite') ?? '';
    this.#check = new UsernameCheck({
      // A client of its own per question, so that the question can be cancelled.
      ask: (name, signal) =>
        new RestClient('', (url, init) => fetch(url, { ...init, signal })).usernameAvailability(name),
      report: (state) => {
        this.#usernameState = state;
      },
    });
  }

  get usernameState(): UsernameState {
    return this.#usernameState;
  }

  /** The server said so before anything was sent. What it says later is a failure of the form, which keeps what was typed. */
  get closed(): boolean {
    return this.#closed;
  }

  get asksForInvite(): boolean {
    return this.#registration === 'invite' || (this.#registration === undefined && this.invite !== '');
  }

  async readConfig(): Promise<void> {
    try {
      this.#registration = (await rest.config()).registration;
      this.#closed = this.#registration === 'closed';
    } catch {
      // Submitting will say what is wrong, if it still is by then.
    }
  }

  typeUsername(): void {
    this.form.touch('username');
    this.#check.type(this.username);
  }

  async submit(form: HTMLFormElement): Promise<void> {
    const done = await this.form.submit({
      form,
      check: () =>
        signUpProblems({
          username: this.#usernameState,
          password: this.password,
          displayName: this.displayName,
          invite: this.invite,
          registration: this.#registration,
          common: this.common.list,
        }),
      send: async () => {
        await rest.signUp(await this.#request()).catch((error: unknown) => {
          this.#learnFrom(error);
          throw error;
        });
        await this.#app.enter(nextPath(this.#app.router.query.get('next'), location.origin, paths.room('lobby')));
      },
    });
    if (done) this.stop();
  }

  /** The page goes away. */
  stop(): void {
    this.#check.stop();
    this.form.wait.stop();
    this.avatar.clear();
  }

  async #request(): Promise<SignUpRequest> {
    const displayName = this.displayName.trim();
    const avatar = await this.avatar.encoded();
    const invite = this.asksForInvite ? this.invite.trim() : '';
    return {
      username: this.username,
      password: this.password,
      ...(displayName === '' ? {} : { displayName }),
      ...(avatar === undefined ? {} : { avatar }),
      ...(invite === '' ? {} : { invite }),
    };
  }

  /** A refusal may tell that the server's registration is not what the page believed. */
  #learnFrom(error: unknown): void {
    if (!(error instanceof ProtocolError)) return;
    if (error.code === 'invite_required') this.#registration = 'invite';
    if (error.code === 'username_taken') this.#usernameState = { kind: 'taken' };
  }
}
