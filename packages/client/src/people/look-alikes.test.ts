import { AccountId, type Profile } from '@undertone/protocol';
import { Vault } from '@undertone/vault';
import { MemoryBackend } from '@undertone/vault/memory';
import { describe, expect, it, vi } from 'vitest';
import { LookAlikes } from './look-alikes.ts';
import { nameKeys } from './name-keys.ts';
import { PeopleBook } from './people-book.ts';

const accountOf = (n: number) => AccountId.parse(`00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`);
const sharesKey = (a: string, b: string) => nameKeys(a).some((key) => nameKeys(b).includes(key));

describe('names that look alike', () => {
  it.each([
    ['Ada', 'ada'],
    ['Ada', '\u0410da'],
    ['Ada', 'A\u00adda'],
    ['Ada', 'Ada\u3164'],
    ['Ada', '\u2800Ada '],
    ['Ada', 'Ada.'],
    ['Ada', '@ada'],
    ['Ada', 'Ａｄａ'],
    ['Ada Lovelace', 'Ada  Lovelace'],
    ['Ada Lovelace', 'AdaLovelace'],
    ['Ian', 'lan'],
    ['modern', 'rnodern'],
    ['paypal', 'раураl'],
    ['حبيبة', 'حبي\u200cبة'],
  ])('%j and %j', (a, b) => {
    expect(sharesKey(a, b)).toBe(true);
  });

  it.each([
    ['Ada', 'Bob'],
    ['José', 'Jose'],
    ['June', 'June 🌻'],
    ['Ada L', 'Ada K'],
  ])('%j and %j do not', (a, b) => {
    expect(sharesKey(a, b)).toBe(false);
  });

  it('what cannot be seen has no key', () => {
    expect(nameKeys('\u3164\u2800\u00ad')).toEqual([]);
  });
});

describe('LookAlikes', () => {
  const [ada, bob, cleo] = [accountOf(1), accountOf(2), accountOf(3)];
  const names = (username: string, displayName: string | null = null) => ({ username, displayName });

  it('a display name looks like a display name, or like a username', () => {
    const book = new LookAlikes(nameKeys);
    expect(book.set(ada, names('ada_l', 'Ada'))).toEqual([]);
    expect(book.has(ada)).toBe(false);
    expect(book.set(bob, names('bob', 'АDA'))).toEqual([ada]);
    expect([ada, bob].map((one) => book.has(one))).toEqual([true, true]);
    // Cleo's own username is Ada's display name.
    book.set(bob, names('bob'));
    book.set(cleo, names('ada', 'Cleo'));
    expect(book.has(ada)).toBe(true);
    expect(book.has(cleo)).toBe(false);
  });

  it('one’s own username is no look-alike of one’s display name', () => {
    const book = new LookAlikes(nameKeys);
    book.set(ada, names('ada', 'Ada'));
    expect(book.has(ada)).toBe(false);
  });

  it('says who else changed when names meet and part, and is right after many changes', () => {
    const book = new LookAlikes(nameKeys);
    const held = new Map<number, string>();
    const words = ['Ada', 'ada', 'Bob', 'Cleo', '\u3164'];
    let turn = 7;
    for (let i = 0; i < 400; i++) {
      turn = (Math.imul(turn, 1_664_525) + 1_013_904_223) >>> 0;
      const n = turn % 6;
      const before = new Map([...held.keys()].map((one) => [one, book.has(accountOf(one))]));
      const word = words[(turn >>> 8) % words.length] ?? '';
      held.set(n, word);
      const flipped = book.set(accountOf(n), names(`user${n}`, word));
      for (const [one, had] of before)
        if (one !== n) expect(flipped.includes(accountOf(one))).toBe(book.has(accountOf(one)) !== had);
      for (const [one, shown] of held) {
        const others = [...held].filter(([other]) => other !== one).map(([, name]) => name);
        const expected = nameKeys(shown).length > 0 && others.some((name) => sharesKey(shown, name));
        expect(book.has(accountOf(one))).toBe(expected);
      }
    }
  });

  it('knows ten thousand people in a moment, also where they all have one name', () => {
    const started = performance.now();
    for (const displayName of [(n: number) => `Person ${n}`, () => 'Ada']) {
      const book = new LookAlikes(nameKeys);
      for (let n = 0; n < 10_000; n++) book.set(accountOf(n), names(`user${n}`, displayName(n)));
      expect(book.has(accountOf(9_999))).toBe(displayName(1) === 'Ada');
    }
    // Comparing everyone with everyone takes minutes.
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe('PeopleBook', () => {
  const profile = (n: number, username: string, displayName: string | null): Profile => ({
    id: accountOf(n),
    username,
    displayName,
    avatar: null,
  });
  const openBook = async (loadKeys = async () => nameKeys) => {
    const changed = vi.fn<(profiles: readonly Profile[]) => void>();
    const vault = await Vault.open(new MemoryBackend());
    const book = await PeopleBook.open({ profiles: async () => ({ profiles: [] }) }, vault, changed, loadKeys);
    return { book, changed };
  };

  it('tells of those whose name is no longer their own', async () => {
    const { book, changed } = await openBook();
    await book.compared();
    await book.put([profile(1, 'ada', 'Ada Lovelace')]);
    expect(book.alike(accountOf(1))).toBe(false);
    await book.put([profile(2, 'mallory', 'Аda Lovelace')]);
    expect(changed.mock.lastCall?.[0].map(({ id }) => id)).toEqual([accountOf(2), accountOf(1)]);
    expect([1, 2].map((n) => book.alike(accountOf(n)))).toEqual([true, true]);
    await book.put([profile(2, 'mallory', 'Mallory')]);
    expect(changed.mock.lastCall?.[0].map(({ id }) => id)).toEqual([accountOf(2), accountOf(1)]);
    expect(book.alike(accountOf(1))).toBe(false);
  });

  it('compares once the table is here, and asks for it again where it did not arrive', async () => {
    let fails = true;
    const { book, changed } = await openBook(async () => {
      if (fails) throw new Error('no connection');
      return nameKeys;
    });
    await book.put([profile(1, 'ada', 'Ada'), profile(2, 'mallory', 'ADA')]);
    await book.compared();
    expect(book.alike(accountOf(1))).toBe(false);
    fails = false;
    await book.compared();
    expect(book.alike(accountOf(1))).toBe(true);
    expect(changed.mock.lastCall?.[0]).toHaveLength(2);
  });
});
