import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8Length } from '../text/message-text.ts';
import { nameParts, safeFileName, shortened } from './file-names.ts';

describe('the name of a file from another person', () => {
  it.each([
    ['holiday.jpg', 'holiday.jpg'],
    ['Jahresübersicht 2026.pdf', 'Jahresübersicht 2026.pdf'],
    ['報告書.docx', '報告書.docx'],
    ['invoice\u202efdp.exe', 'invoicefdp.exe'],
    ['a\u200bb\u2066c\u2069.txt', 'abc.txt'],
    ['a\u0000b\nc.txt', 'abc.txt'],
    ['../../etc/passwd', '_.._etc_passwd'],
    ['C:\\Windows\\win.ini', 'C__Windows_win.ini'],
    ['.bashrc', 'bashrc'],
    ['...', 'file'],
    ['', 'file'],
    ['\u202e\u200b', 'file'],
    ['con', '_con'],
    ['NUL.txt', '_NUL.txt'],
    ['com1.tar.gz', '_com1.tar.gz'],
    ['console.log', 'console.log'],
    ['report.exe. . ', 'report.exe'],
    ['what? "this" <is>|*.png', 'what_ _this_ _is___.png'],
  ])('%j is shown and saved as %j', (name, safe) => {
    expect(safeFileName(name)).toBe(safe);
  });

  it('never holds what a path, a line or a reader could be misled by, and fits', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (name) => {
        const safe = safeFileName(name);
        expect(safe).not.toMatch(/[\p{Cc}/\\<>:"|?*\u202a-\u202e\u2066-\u2069\u200b-\u200f]/u);
        expect(safe).not.toMatch(/^[.\s]|[.\s]$/u);
        expect(safe).not.toBe('');
        expect(utf8Length(safe)).toBeLessThanOrEqual(255);
      }),
    );
  });
});

describe('a name that is too long', () => {
  it('keeps its extension', () => {
    const name = shortened(`${'é'.repeat(300)}.docx`);
    expect(name).toMatch(/^é+\.docx$/);
    expect(utf8Length(name)).toBe(255);
  });

  it('is not cut within a character', () => {
    const family = '👨‍👩‍👧‍👦';
    expect(shortened(`${family.repeat(20)}.png`, 60)).toBe(`${family.repeat(2)}.png`);
  });
});

it.each([
  ['a.tar.gz', 'a.tar', '.gz'],
  ['.hidden', '.hidden', ''],
  ['no extension', 'no extension', ''],
  ['ends with.', 'ends with.', ''],
  ['v1.0 final version of it', 'v1.0 final version of it', ''],
])('the parts of %j', (name, stem, extension) => {
  expect(nameParts(name)).toEqual({ stem, extension });
});
