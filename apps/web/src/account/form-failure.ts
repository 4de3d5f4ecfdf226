import { OfflineError } from '@undertone/client/rest';
import { type ErrorCode, errorTable, type PasswordRule, ProtocolError, passwordRules } from '@undertone/protocol';
import { brokenRulesSentence } from './password-checklist.ts';

/** A failed request as a form shows it. */
export interface FormFailure<Field extends string> {
  /** Where it belongs; null: at the top of the form. */
  readonly field: Field | null;
  readonly code: ErrorCode | 'offline' | 'unexpected';
  readonly sentence: string;
  /** How long to wait before trying again, where the server said so. */
  readonly retryAfterMs: number | null;
}

/** Which of a form's fields a code belongs to. What is not listed goes to the top of the form. */
export type FieldOfCode<Field extends string> = Partial<Record<ErrorCode, Field>>;

export type SignUpField = 'username' | 'password' | 'displayName' | 'avatar' | 'invite';

export const signUpFields: FieldOfCode<SignUpField> = {
  username_taken: 'username',
  invalid_username: 'username',
  weak_password: 'password',
  invalid_avatar: 'avatar',
  too_large: 'avatar',
  invite_required: 'invite',
  invalid_invite: 'invite',
};

export type SignInField = 'username' | 'password';

export const signInFields: FieldOfCode<SignInField> = { wrong_credentials: 'password' };

export type ProfileField = 'displayName' | 'avatar';

export const profileFields: FieldOfCode<ProfileField> = { invalid_avatar: 'avatar', too_large: 'avatar' };

export type ChangePasswordField = 'current' | 'next';

export const changePasswordFields: FieldOfCode<ChangePasswordField> = {
  wrong_password: 'current',
  weak_password: 'next',
};

export type DeleteAccountField = 'username' | 'password';

export const deleteAccountFields: FieldOfCode<DeleteAccountField> = { wrong_password: 'password' };

const dayMs = 24 * 60 * 60 * 1000;

function retryAfterMs(error: ProtocolError): number | null {
  const ms = error.detail.retryAfterMs;
  return typeof ms === 'number' && ms > 0 ? Math.min(ms, dayMs) : null;
}

function sentenceOf(error: ProtocolError): string {
  if (error.code === 'weak_password' && Array.isArray(error.detail.rules)) {
    const broken = new Set<unknown>(error.detail.rules);
    const known: PasswordRule[] = passwordRules.map(({ id }) => id).filter((id) => broken.has(id));
    return brokenRulesSentence(known) ?? errorTable.weak_password.sentence;
  }
  return errorTable[error.code].sentence;
}

/** What went wrong, in words, and the field it belongs to. The one boundary where a page's errors become sentences. */
export function formFailure<Field extends string>(error: unknown, fields: FieldOfCode<Field>): FormFailure<Field> {
  if (error instanceof OfflineError) {
    return { field: null, code: 'offline', sentence: error.message, retryAfterMs: null };
  }
  if (error instanceof ProtocolError) {
    return {
      field: fields[error.code] ?? null,
      code: error.code,
      sentence: sentenceOf(error),
      retryAfterMs: error.code === 'rate_limited' ? retryAfterMs(error) : null,
    };
  }
  // A fault of ours: the browser's console gets the cause, the person gets a way on.
  globalThis.reportError?.(error);
  return {
    field: null,
    code: 'unexpected',
    sentence: 'Something went wrong on this page. Try again; if it stays, reload the page.',
    retryAfterMs: null,
  };
}
