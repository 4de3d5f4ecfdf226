import { signInFields } from '../../account/form-failure.ts';
import { FormState, type Problems } from '../../account/form-state.svelte.ts';
import { nextPath } from '../../account/next-path.ts';
import type { App } from '../../app/app.svelte.ts';
import { rest } from '../../app/rest.ts';
import { paths } from '../../app/routes.ts';

/** Everything that the sign-in page knows and does. */
export class SignIn {
  username = $state('');
  password = $state('');
  readonly form = new FormState(signInFields);
  readonly #app: App;

  constructor(app: App) {
    this.#app = app;
  }

  async submit(form: HTMLFormElement): Promise<void> {
    await this.form.submit({
      form,
      check: () => {
        const problems: Problems<'username' | 'password'> = {};
        if (this.username.trim() === '') problems.username = 'Enter your username.';
        if (this.password === '') problems.password = 'Enter your password.';
        return problems;
      },
      send: async () => {
        const { router } = this.#app;
        const next = nextPath(router.query.get('next'), location.origin, paths.home);
        await rest.signIn({ username: this.username, password: this.password });
        await this.#app.enter(next);
      },
    });
  }
}
