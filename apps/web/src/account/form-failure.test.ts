import { OfflineError } from '@undertone/client/rest';
import { type ErrorCode, errorTable, ProtocolError } from '@undertone/protocol';
import { describe, expect, test, vi } from 'vitest';
import {
  changePasswordFields,
  deleteAccountFields,
  type FieldOfCode,
  formFailure,
  profileFields,
  signInFields,
  signUpFields,
} from './form-failure.ts';

const codes = Object.keys(errorTable) as ErrorCode[];
const forms: Record<string, FieldOfCode<string>> = {
  signUp: signUpFields,
  signIn: signInFields,
  profile: profileFields,
  changePassword: changePasswordFields,
  deleteAccount: deleteAccountFields,
};

describe('failures of forms', () => {
  test.each(Object.entries(forms))('%s: every code has a sentence and a place', (_form, fields) => {
    for (const code of codes) {
      const failure = formFailure(new ProtocolError(code), fields);
      expect(failure.code).toBe(code);
      expect(failure.sentence).toMatch(/^[A-Z].*\.$/);
      expect(failure.field).toBe(fields[code] ?? null);
    }
  });

  test('sign-up puts each refusal at its field', () => {
    const fieldOf = (code: ErrorCode) => formFailure(new ProtocolError(code), signUpFields).field;
    expect(fieldOf('username_taken')).toBe('username');
    expect(fieldOf('invalid_username')).toBe('username');
    expect(fieldOf('weak_password')).toBe('password');
    expect(fieldOf('invalid_avatar')).toBe('avatar');
    expect(fieldOf('invalid_invite')).toBe('invite');
    expect(fieldOf('registration_closed')).toBeNull();
    expect(fieldOf('rate_limited')).toBeNull();
  });

  test('wrong credentials stand at the password, a wrong current password at the current one', () => {
    expect(formFailure(new ProtocolError('wrong_credentials'), signInFields).field).toBe('password');
    expect(formFailure(new ProtocolError('wrong_password'), changePasswordFields).field).toBe('current');
    expect(formFailure(new ProtocolError('weak_password'), changePasswordFields).field).toBe('next');
  });

  test('a weak password names the rules of its detail, and ignores what it does not know', () => {
    const sentence = (rules: unknown) =>
      formFailure(new ProtocolError('weak_password', { rules }), signUpFields).sentence;
    expect(sentence(['capital', 'number'])).toBe('Still missing: a capital letter, a number.');
    expect(sentence(['uncommon'])).toMatch(/common password/);
    expect(sentence(['novel'])).toBe(errorTable.weak_password.sentence);
    expect(sentence('capital')).toBe(errorTable.weak_password.sentence);
  });

  test('the wait is taken from the detail, bounded, and only if it is a number', () => {
    const wait = (retryAfterMs: unknown) =>
      formFailure(new ProtocolError('rate_limited', { retryAfterMs }), signInFields).retryAfterMs;
    expect(wait(12_500)).toBe(12_500);
    expect(wait(1e15)).toBe(24 * 60 * 60 * 1000);
    expect(wait(-5)).toBeNull();
    expect(wait('12')).toBeNull();
    expect(wait(undefined)).toBeNull();
  });

  test('offline is said as such', () => {
    expect(formFailure(new OfflineError(), signInFields)).toMatchObject({ field: null, code: 'offline' });
  });

  test('an unknown error shows none of its text, and is reported to the console', () => {
    const report = vi.fn();
    vi.stubGlobal('reportError', report);
    const failure = formFailure(new TypeError('secret detail'), signUpFields);
    vi.unstubAllGlobals();
    expect(failure).toMatchObject({ field: null, code: 'unexpected' });
    expect(failure.sentence).not.toContain('secret');
    expect(report).toHaveBeenCalledOnce();
  });
});
