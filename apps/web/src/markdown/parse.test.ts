import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Block, Inline } from './nodes.ts';
import { parseMessage } from './parse.ts';

const text = (value: string): Inline => ({ kind: 'text', text: value });
const paragraph = (...children: Inline[]): Block => ({ kind: 'paragraph', children });
const literal = (value: string): readonly Block[] => [paragraph(text(value))];

describe('what is formatted', () => {
  it('bold, italic and code', () => {
    expect(parseMessage('a **b** *c* `d`')).toEqual([
      paragraph(
        text('a '),
        { kind: 'strong', children: [text('b')] },
        text(' '),
        { kind: 'em', children: [text('c')] },
        text(' '),
        { kind: 'code', text: 'd' },
      ),
    ]);
  });

  it('a code block keeps its text', () => {
    expect(parseMessage('see\n```js\nif (a < b) {\n  *x*\n}\n```')).toEqual([
      paragraph(text('see')),
      { kind: 'code', text: 'if (a < b) {\n  *x*\n}' },
    ]);
  });

  it('quotes and lists', () => {
    expect(parseMessage('> a\n> b\n\n- one\n- two\n  1. three')).toEqual([
      { kind: 'quote', children: [paragraph(text('a\nb'))] },
      {
        kind: 'list',
        start: null,
        items: [
          [paragraph(text('one'))],
          [paragraph(text('two')), { kind: 'list', start: 1, items: [[paragraph(text('three'))]] }],
        ],
      },
    ]);
  });

  it('links, with the host where the label hides it', () => {
    expect(parseMessage('[here](https://example.org/a)')).toEqual([
      paragraph({ kind: 'link', href: 'https://example.org/a', target: 'example.org', children: [text('here')] }),
    ]);
    expect(parseMessage('[https://bank.example](https://evil.example)')[0]).toMatchObject({
      children: [{ target: 'evil.example' }],
    });
  });

  it('addresses in running text, without the punctuation after them', () => {
    expect(parseMessage('(see https://example.org/a_(b)?c=1).')).toEqual([
      paragraph(
        text('(see '),
        {
          kind: 'link',
          href: 'https://example.org/a_(b)?c=1',
          target: null,
          children: [text('https://example.org/a_(b)?c=1')],
        },
        text(').'),
      ),
    ]);
    expect(parseMessage('mailto:a@example.org')[0]).toMatchObject({ children: [{ href: 'mailto:a@example.org' }] });
  });

  it('line ends are kept', () => {
    expect(parseMessage('a\nb  \nc')).toEqual([paragraph(text('a\nb  \nc'))]);
  });
});

describe('what stays literal', () => {
  it.each([
    '# a heading',
    'a\n===',
    '![alt](https://example.org/x.png)',
    '| a | b |\n|---|---|\n| 1 | 2 |',
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '<b>bold</b> & &amp;',
    '[x](javascript:alert(1))',
    '[x](data:text/html,hi)',
    '[x](//example.org)',
    '[x](https://user:pass@example.org)',
    '[a]: https://example.org'.replace('https://example.org', 'nowhere'),
    '~~gone~~',
    '---',
    'snake_case_name',
    '2 * 3 * 4',
    '5. ',
    '👩🏽‍🚀 👨‍👩‍👧‍👦',
  ])('%j', (source) => {
    expect(parseMessage(source)).toEqual(literal(source.trimEnd()));
  });

  it('indented lines are not code', () => {
    expect(parseMessage('    four spaces *no*')[0]?.kind).toBe('paragraph');
  });
});

const flatten = (blocks: readonly Block[]): string => blocks.map(blockText).join('\n');
const inlineText = (inline: Inline): string =>
  'text' in inline ? inline.text : inline.children.map(inlineText).join('');
function blockText(block: Block): string {
  if (block.kind === 'code') return block.text;
  if (block.kind === 'paragraph') return block.children.map(inlineText).join('');
  if (block.kind === 'quote') return flatten(block.children);
  return block.items.map(flatten).join('\n');
}

function depth(blocks: readonly Block[]): number {
  return Math.max(
    0,
    ...blocks.map((block) => {
      if (block.kind === 'quote') return 1 + depth(block.children);
      if (block.kind === 'list') return 1 + Math.max(0, ...block.items.map(depth));
      return 1;
    }),
  );
}

describe('bounds', () => {
  const size = 16 * 1024;
  const fill = (unit: string) => unit.repeat(Math.ceil(size / unit.length)).slice(0, size);

  it.each([
    '>',
    '> ',
    '- ',
    '1. ',
    '* ',
    '*a ',
    '**a',
    '_a_',
    '*_',
    '[',
    '](',
    '[a](',
    '[a](b',
    '![',
    '`',
    '``a',
    '~~~',
    '<',
    '<a ',
    '\\',
    'a',
    'a_',
    'a@',
    'https://a.',
    'https://',
    '-\n',
    '> -\n',
    '- a\n',
    '>\n\n',
    '\t',
    ' \n',
    '&#',
    '|',
    'é\u0301',
    '(((',
    '[![',
    '<!--',
    '** *',
    'a**"',
    '```\n',
  ])('%j over and over', (unit) => {
    const started = performance.now();
    const blocks = parseMessage(fill(unit));
    expect(performance.now() - started).toBeLessThan(500);
    expect(depth(blocks)).toBeLessThanOrEqual(8);
  });

  const soup = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          '*',
          '**',
          '_',
          '`',
          '```',
          '\n',
          '\n\n',
          '> ',
          '- ',
          '1. ',
          '[',
          '](',
          ')',
          '<',
          'https://',
          '\\',
          '    ',
        ),
        fc.string({ unit: 'grapheme', maxLength: 6 }),
      ),
      { maxLength: 200 },
    )
    .map((parts) => parts.join(''));

  it('any text: no throw, bounded depth and time', () => {
    fc.assert(
      fc.property(fc.oneof(soup, fc.string({ unit: 'binary', maxLength: 2_000 })), (source) => {
        const started = performance.now();
        const blocks = parseMessage(source);
        expect(performance.now() - started).toBeLessThan(500);
        expect(depth(blocks)).toBeLessThanOrEqual(8);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['an address before many brackets', `http://a.b/${')'.repeat(16_373)}`],
    ['an address with many brackets', `http://a.b/${'('.repeat(8_180)}${')'.repeat(8_180)}`],
    ['many tabs', `-${'\t'.repeat(16_000)}x`],
    ['many blanks', `x${' '.repeat(16_000)}*`],
  ])('%s: bounded time', (_name, source) => {
    const started = performance.now();
    parseMessage(source);
    expect(performance.now() - started).toBeLessThan(150);
  });

  it('no link leads anywhere but http, https and mailto', () => {
    const links = (inline: Inline): string[] =>
      inline.kind === 'link' ? [inline.href] : 'children' in inline ? inline.children.flatMap(links) : [];
    fc.assert(
      fc.property(fc.webUrl({ withFragments: true }), fc.constantFrom('javascript:', 'data:', ''), (url, prefix) => {
        for (const block of parseMessage(`[a](${prefix}${url}) ${prefix}${url}`)) {
          if (block.kind !== 'paragraph') continue;
          for (const href of block.children.flatMap(links)) expect(href).toMatch(/^(https?:\/\/|mailto:)/);
        }
      }),
    );
  });

  it('letters are never lost', () => {
    fc.assert(
      fc.property(soup, (source) => {
        const shown = flatten(parseMessage(source)).replace(/[^\p{L}]/gu, '');
        const typed = source.replace(/\ufffd/g, '').replace(/[^\p{L}]/gu, '');
        // A fence's language and a link's address may be taken from what is shown; nothing else.
        if (!/`{3}|~{3}|\]\(/.test(source)) expect(shown).toBe(typed);
      }),
      { numRuns: 500 },
    );
  });
});
