import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { avatarInitials, avatarTint } from './avatar.ts';

const names = Array.from({ length: 400 }, (_, i) => `person-${i}`);

describe('generated avatar', () => {
  test('the tint is a matter of the username alone, without regard to case', () => {
    expect(avatarTint('alice')).toBe(avatarTint('alice'));
    expect(avatarTint('Alice ')).toBe(avatarTint('alice'));
    expect(avatarTint('ａlice')).toBe(avatarTint('alice'));
  });

  test('all eight tints are in use, about evenly', () => {
    const counts = new Map<number, number>();
    for (const name of names) counts.set(avatarTint(name), (counts.get(avatarTint(name)) ?? 0) + 1);
    expect([...counts.keys()].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(Math.min(...counts.values())).toBeGreaterThan(25);
  });

  test('initials: of the display name, else of the username', () => {
    expect(avatarInitials({ username: 'alice', displayName: null })).toBe('A');
    expect(avatarInitials({ username: 'alice', displayName: 'Ada  King Lovelace' })).toBe('AL');
    expect(avatarInitials({ username: 'alice', displayName: 'चन्द्र' })).toMatch(/^\p{L}/u);
    expect(avatarInitials({ username: '', displayName: null })).toBe('');
  });
});

/** Relative luminance and contrast (WCAG 2.2). */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

test('initials hold AA on every tint, in both themes', () => {
  const css = readFileSync(new URL('../design/tokens.css', import.meta.url), 'utf8');
  const token = (name: string): [string, string] => {
    const [, light, dark] = new RegExp(`--${name}: light-dark\\((#[0-9a-f]{6}), (#[0-9a-f]{6})\\)`).exec(css) ?? [];
    if (light === undefined || dark === undefined) throw new Error(`no token ${name}`);
    return [light, dark];
  };
  for (let tint = 0; tint < 8; tint++) {
    const [paper, ink] = token(`avatar-${tint}`);
    const [onPaper, onInk] = token(`avatar-${tint}-on`);
    expect(contrast(paper, onPaper)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(ink, onInk)).toBeGreaterThanOrEqual(4.5);
  }
});
