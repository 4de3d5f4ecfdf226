import { describe, expect, it } from 'vitest';
import { actionOf, keyName } from './shortcuts.ts';

const press = (key: string, held: Partial<Record<'altKey' | 'ctrlKey' | 'metaKey' | 'shiftKey', boolean>> = {}) => ({
  key,
  code: '',
  altKey: false,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  ...held,
});

describe('actionOf', () => {
  it.each([
    [press('k', { ctrlKey: true }), 'switch'],
    [press('f', { ctrlKey: true }), 'search'],
    [press('ArrowDown', { altKey: true }), 'next'],
    [press('ArrowDown', { altKey: true, shiftKey: true }), 'next-unread'],
    [press('/', { ctrlKey: true }), 'sheet'],
    [press('/', { ctrlKey: true, shiftKey: true }), 'sheet'],
    [press('Escape'), 'close'],
  ])('%o', (event, action) => {
    expect(actionOf(event, true, false)).toBe(action);
  });

  it('leaves signs to the field in which one writes', () => {
    expect(actionOf(press('?', { shiftKey: true }), true, false)).toBeUndefined();
    expect(actionOf(press('/'), true, false)).toBeUndefined();
    expect(actionOf(press('?', { shiftKey: true }), false, false)).toBe('sheet');
    expect(actionOf(press('/'), false, false)).toBe('search');
  });

  it('takes nothing else', () => {
    for (const event of [press('k'), press('k', { ctrlKey: true, shiftKey: true }), press('ArrowDown')]) {
      expect(actionOf(event, false, false)).toBeUndefined();
    }
    expect(actionOf(press('k', { ctrlKey: true }), false, true)).toBeUndefined();
    expect(actionOf(press('k', { metaKey: true }), false, true)).toBe('switch');
  });
});

it('keyName follows the machine', () => {
  expect(keyName('Mod', true)).toBe('⌘');
  expect(keyName('Mod', false)).toBe('Ctrl');
});
