import { describe, expect, test } from 'vitest';
import { brokenRulesSentence, knownBrokenRules, passwordChecklist } from './password-checklist.ts';

const common = new Set(['password1']);
const states = (password: string, list: ReadonlySet<string> | undefined) =>
  Object.fromEntries(passwordChecklist(password, list).map(({ id, state }) => [id, state]));

describe('password checklist', () => {
  test('A2: each rule by itself', () => {
    expect(states('abc', common)).toEqual({ length: 'broken', capital: 'broken', number: 'broken', uncommon: 'met' });
    expect(states('Password1', common)).toEqual({ length: 'met', capital: 'met', number: 'met', uncommon: 'broken' });
    expect(states('Correct1horse', common)).toEqual({ length: 'met', capital: 'met', number: 'met', uncommon: 'met' });
  });

  test('an empty field claims nothing about common passwords', () => {
    expect(states('', common).uncommon).toBe('unknown');
  });

  test('without the list nothing is claimed and nothing is held back', () => {
    expect(states('Password1', undefined).uncommon).toBe('unknown');
    expect(knownBrokenRules('Password1', undefined)).toEqual([]);
    expect(knownBrokenRules('password', undefined)).toEqual(['capital', 'number']);
  });

  test('one sentence for what is missing', () => {
    expect(brokenRulesSentence([])).toBeNull();
    expect(brokenRulesSentence(['number', 'capital'])).toBe('Still missing: a capital letter, a number.');
    expect(brokenRulesSentence(['length', 'capital', 'number'])).toBe(
      'Still missing: 8 characters, a capital letter, a number.',
    );
    expect(brokenRulesSentence(['uncommon'])).toMatch(/common password/);
  });
});
