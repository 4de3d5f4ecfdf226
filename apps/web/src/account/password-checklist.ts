import { brokenPasswordRules, type CommonPasswords, type PasswordRule, passwordRules } from '@undertone/protocol';

export interface RuleState {
  readonly id: PasswordRule;
  readonly label: string;
  /** `unknown`: it cannot be decided here (yet); the server decides. */
  readonly state: 'met' | 'broken' | 'unknown';
}

/** Every rule with its state for `password`. Without the list of common passwords, that one rule is unknown. */
export function passwordChecklist(password: string, common: CommonPasswords | undefined): RuleState[] {
  const broken = new Set(brokenPasswordRules(password, common));
  return passwordRules.map(({ id, label }) => {
    const undecided = id === 'uncommon' && (password === '' || common === undefined);
    return { id, label, state: undecided ? 'unknown' : broken.has(id) ? 'broken' : 'met' };
  });
}

/** The rules that `password` breaks as far as can be known here: what keeps a form from being sent. */
export function knownBrokenRules(password: string, common: CommonPasswords | undefined): PasswordRule[] {
  return passwordChecklist(password, common)
    .filter(({ state }) => state === 'broken')
    .map(({ id }) => id);
}

const missing: Record<Exclude<PasswordRule, 'uncommon'>, string> = {
  length: '8 characters',
  capital: 'a capital letter',
  number: 'a number',
};

/** One sentence (short enough for one line on a phone) for the rules that are broken; null if none is. */
export function brokenRulesSentence(broken: readonly PasswordRule[]): string | null {
  const parts = passwordRules.flatMap(({ id }) => (id !== 'uncommon' && broken.includes(id) ? [missing[id]] : []));
  if (parts.length > 0) return `Still missing: ${parts.join(', ')}.`;
  return broken.includes('uncommon') ? 'This is a common password. Choose one of your own.' : null;
}
