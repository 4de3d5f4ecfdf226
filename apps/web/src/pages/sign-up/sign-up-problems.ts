import type { CommonPasswords, ServerConfig } from '@undertone/protocol';
import type { SignUpField } from '../../account/form-failure.ts';
import type { Problems } from '../../account/form-state.svelte.ts';
import { brokenRulesSentence, knownBrokenRules } from '../../account/password-checklist.ts';
import { type UsernameState, usernameStateSentence } from '../../account/username-check.ts';
import { nameProblem } from '../../text/name-problem.ts';

interface SignUpValues {
  readonly username: UsernameState;
  readonly password: string;
  readonly displayName: string;
  readonly invite: string;
  readonly registration: ServerConfig['registration'] | undefined;
  readonly common: CommonPasswords | undefined;
}

/** What keeps the form from being sent, as far as it is known here. A check that is still under way does not. */
export function signUpProblems(values: SignUpValues): Problems<SignUpField> {
  const problems: Problems<SignUpField> = {};
  const { username } = values;
  if (username.kind === 'empty') problems.username = 'Choose a username.';
  if (username.kind === 'taken' || username.kind === 'invalid') {
    const sentence = usernameStateSentence(username);
    if (sentence !== null) problems.username = sentence;
  }
  const weak = brokenRulesSentence(knownBrokenRules(values.password, values.common));
  if (values.password === '') problems.password = 'Choose a password.';
  else if (weak !== null) problems.password = weak;
  const displayName = nameProblem(values.displayName);
  if (displayName !== undefined) problems.displayName = displayName;
  if (values.registration === 'invite' && values.invite.trim() === '') problems.invite = 'Enter your invite code.';
  return problems;
}
