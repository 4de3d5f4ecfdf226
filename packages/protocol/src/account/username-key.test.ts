import { describe, expect, it } from 'vitest';
import { usernameKeys } from './username-key.ts';

const same = (a: string, b: string): boolean => {
  const [one, other] = [usernameKeys(a), usernameKeys(b)];
  return one.usernameKey === other.usernameKey || one.writtenKey === other.writtenKey;
};

describe('A1 usernames that differ only in case or by look-alikes are the same', () => {
  it.each([
    ['alice', 'ALICE'],
    ['alice', 'a1ice'],
    ['paypal', 'раураl'],
    ['modern', 'rnodern'],
    ['Ian', 'lan'],
    ['oliver', '0liver'],
    ['straße', 'STRASSE'],
    ['ｆｕｌｌ', 'full'],
    ['σοφος', 'ΣΟΦΟΣ'],
  ])('A1 %s is %s', (a, b) => expect(same(a, b)).toBe(true));

  it.each([
    ['jose', 'josé'],
    ['alice', 'alicia'],
    ['bob', 'bop'],
    ['muller', 'müller'],
  ])('A1 %s is not %s', (a, b) => expect(same(a, b)).toBe(false));
});
