import { describe, expect, test } from 'vitest';
import { signUpProblems } from './sign-up-problems.ts';

const good = {
  username: { kind: 'available' },
  password: 'Correct1horse',
  displayName: '',
  invite: '',
  registration: 'open',
  common: new Set(['password1']),
} as const;

describe('what keeps sign-up from being sent', () => {
  test('nothing, when all is well', () => {
    expect(signUpProblems(good)).toEqual({});
  });

  test('an empty form names every field that is needed', () => {
    expect(signUpProblems({ ...good, username: { kind: 'empty' }, password: '', registration: 'invite' })).toEqual({
      username: 'Choose a username.',
      password: 'Choose a password.',
      invite: 'Enter your invite code.',
    });
  });

  test('a taken or invalid name', () => {
    expect(signUpProblems({ ...good, username: { kind: 'taken' } }).username).toMatch(/taken/);
    expect(signUpProblems({ ...good, username: { kind: 'invalid', problem: 'too_short' } }).username).toMatch(/3/);
  });

  test('a check under way or impossible holds nothing back: the server decides', () => {
    expect(signUpProblems({ ...good, username: { kind: 'checking' } })).toEqual({});
    expect(signUpProblems({ ...good, username: { kind: 'unknown' } })).toEqual({});
  });

  test('A2: a weak password', () => {
    expect(signUpProblems({ ...good, password: 'short' }).password).toMatch(/8 characters/);
    expect(signUpProblems({ ...good, password: 'Password1' }).password).toMatch(/common/);
  });

  test('the list of common passwords could not be loaded: the form can be sent', () => {
    expect(signUpProblems({ ...good, password: 'Password1', common: undefined })).toEqual({});
  });

  test('A7: a display name that turns text round, or that cannot be seen', () => {
    for (const displayName of ['\u202eecila', '\u3164', 'a\u0000'])
      expect(Object.keys(signUpProblems({ ...good, displayName }))).toEqual(['displayName']);
    for (const displayName of ['', '  ', 'Zoë', ' میخواهم '])
      expect(signUpProblems({ ...good, displayName })).toEqual({});
  });

  test('an invite is asked for only where the server wants one', () => {
    expect(signUpProblems({ ...good, registration: 'invite', invite: ' ' }).invite).toBeDefined();
    expect(signUpProblems({ ...good, registration: 'invite', invite: 'abc' })).toEqual({});
    expect(signUpProblems({ ...good, registration: undefined })).toEqual({});
  });
});
