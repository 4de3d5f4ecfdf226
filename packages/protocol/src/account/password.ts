import { limits } from '../limits.ts';

/** The rules of a password, in the order in which the form lists them. */
export const passwordRules = [
  { id: 'length', label: 'At least 8 characters' },
  { id: 'capital', label: 'A capital letter' },
  { id: 'number', label: 'A number' },
  { id: 'uncommon', label: 'Not a common password' },
] as const;

export type PasswordRule = (typeof passwordRules)[number]['id'];

/** Common passwords in lower case; see `common-passwords.ts`. */
export type CommonPasswords = ReadonlySet<string>;

/**
 * Which rules `password` breaks; empty means it is accepted. The form and the server both call this.
 * Length is counted in code points; passwords over `passwordMaxChars` break 'length' too (argon2 would take them, but not
 * an unbounded body). While the list of common passwords is still loading, pass `undefined`: the rule then counts as broken.
 */
export function brokenPasswordRules(password: string, common: CommonPasswords | undefined): PasswordRule[] {
  const length = [...password].length;
  const broken: PasswordRule[] = [];
  if (length < limits.passwordMinChars || length > limits.passwordMaxChars) broken.push('length');
  if (!/\p{Lu}/u.test(password)) broken.push('capital');
  if (!/\p{Nd}/u.test(password)) broken.push('number');
  if (length === 0 || common === undefined || common.has(password.toLowerCase())) broken.push('uncommon');
  return broken;
}
