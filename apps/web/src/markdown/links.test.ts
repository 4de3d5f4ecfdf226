import { describe, expect, it } from 'vitest';
import { safeLink } from './links.ts';

const long = `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.example`;

describe('a link to the web', () => {
  it.each([
    // The label says where it leads.
    ['https://example.org/', 'https://example.org/', 'https://example.org/', null],
    ['https://example.org', 'https://example.org', 'https://example.org/', null],
    ['https://example.org/a?b#c', 'example.org/a?b#c', 'https://example.org/a?b#c', null],
    ['https://example.org/a', 'example.org', 'https://example.org/a', null],
    ['https://example.org/a', 'Example.ORG', 'https://example.org/a', null],
    ['https://example.org/%C3%A9', 'https://example.org/%C3%A9', 'https://example.org/%C3%A9', null],
    // It does not.
    ['https://example.org/a', 'here', 'https://example.org/a', 'example.org'],
    ['https://example.org/a', '', 'https://example.org/a', 'example.org'],
    ['https://evil.example/', 'https://bank.example/', 'https://evil.example/', 'evil.example'],
    ['https://evil.example/', 'bank.example', 'https://evil.example/', 'evil.example'],
    [
      'https://bank.example.evil.example/',
      'bank.example',
      'https://bank.example.evil.example/',
      'bank.example.evil.example',
    ],
    ['https://evil.example/', 'https://bank.example@evil.example/', 'https://evil.example/', 'evil.example'],
    ['https://bank.example:8443/', 'bank.example', 'https://bank.example:8443/', 'bank.example:8443'],
    [
      'https://bank.example/leave?to=evil',
      'https://bank.example/help',
      'https://bank.example/leave?to=evil',
      'https://bank.example/leave?to=evil',
    ],
    ['http://bank.example/', 'https://bank.example/', 'http://bank.example/', 'http://bank.example/'],
    ['https://evil.example/', 'bank.example is safe', 'https://evil.example/', 'evil.example'],
    ['https://evil.example/', '**bank.example**', 'https://evil.example/', 'evil.example'],
    // Letters that look like others.
    ['https://аpple.example/', 'https://аpple.example/', 'https://xn--pple-43d.example/', 'xn--pple-43d.example'],
    ['https://xn--pple-43d.example/', 'аpple.example', 'https://xn--pple-43d.example/', 'xn--pple-43d.example'],
    ['https://xn--pple-43d.example/', 'https://xn--pple-43d.example/', 'https://xn--pple-43d.example/', null],
    ['https://räume.example/', 'räume.example', 'https://xn--rume-loa.example/', 'xn--rume-loa.example'],
    [
      'https://bank.example⁄evil.example/',
      'bank.example⁄evil.example',
      'https://bank.xn--exampleevil-lx3f.example/',
      'bank.xn--exampleevil-lx3f.example',
    ],
    // Browsers read these in ways of their own.
    ['https://bank.example\\@evil.example/', 'x', 'https://bank.example/@evil.example/', 'bank.example'],
    ['https:///evil.example', 'x', 'https://evil.example/', 'evil.example'],
    ['HTTPS://EVIL.EXAMPLE', 'x', 'https://evil.example/', 'evil.example'],
    ['https://0x7f.1/', 'x', 'https://127.0.0.1/', '127.0.0.1'],
    // Of a long host the end tells whose it is.
    [`https://${long}/`, 'x', `https://${long}/`, `…${long.slice(-64)}`],
    [
      `https://a.example/${'p'.repeat(500)}`,
      'https://a.example/q',
      `https://a.example/${'p'.repeat(500)}`,
      `https://a.example/${'p'.repeat(46)}…`,
    ],
  ])('%s as %j', (href, label, leads, target) => {
    expect(safeLink(href, label)).toEqual(leads === null ? null : { href: leads, target });
  });

  it.each([
    'https://user@example.org/',
    'https://user:secret@example.org/',
    'https://bank.example%2f@evil.example/',
    'https://',
    'https://a b.example/',
    'http:example.org',
    'tel:+4912345',
    'sms:+4912345?body=hi',
    'javascript:alert(1)',
    'data:text/html,hi',
    'blob:https://example.org/1',
    'file:///etc/passwd',
    'vbscript:x',
    '//example.org/',
    '/settings',
    ' https://example.org/',
    'java\nscript:alert(1)',
  ])('%j is none', (href) => {
    expect(safeLink(href, href)).toBeNull();
  });
});

describe('a link to a mailbox', () => {
  it.each([
    ['mailto:ada@example.org', 'ada@example.org', 'mailto:ada@example.org', null],
    ['mailto:ada@example.org', 'mailto:ada@example.org', 'mailto:ada@example.org', null],
    ['mailto:ada@example.org', 'Write to Ada', 'mailto:ada@example.org', 'ada@example.org'],
    ['mailto:evil@example.org', 'ada@bank.example', 'mailto:evil@example.org', 'evil@example.org'],
    // Having it somewhere in the label is not saying it.
    [
      'mailto:evil@example.org',
      'ada@bank.example, not evil@example.org',
      'mailto:evil@example.org',
      'evil@example.org',
    ],
    // What else it asks for is dropped.
    ['mailto:ada@example.org?bcc=evil@example.org', 'ada@example.org', 'mailto:ada@example.org', null],
    ['mailto:ada@example.org?cc=evil@example.org&subject=hi&body=x', 'ada@example.org', 'mailto:ada@example.org', null],
    ['mailto:ada@example.org?%62cc=evil@example.org', 'ada@example.org', 'mailto:ada@example.org', null],
    ['mailto:ada@example.org#x', 'ada@example.org', 'mailto:ada@example.org', null],
    ['mailto:%61da@example.org', 'x', 'mailto:ada@example.org', 'ada@example.org'],
    ['mailto:ada+news@example.org', 'ada+news@example.org', 'mailto:ada%2Bnews@example.org', null],
    ['mailto:ada@аpple.example', 'ada@аpple.example', 'mailto:ada@xn--pple-43d.example', 'ada@xn--pple-43d.example'],
    ['MAILTO:ada@example.org', 'x', 'mailto:ada@example.org', 'ada@example.org'],
  ])('%s as %j', (href, label, leads, target) => {
    expect(safeLink(href, label)).toEqual({ href: leads, target });
  });

  it.each([
    'mailto:?bcc=evil@example.org',
    'mailto:?to=evil@example.org',
    'mailto:ada@example.org,evil@example.org',
    'mailto:ada@example.org%2Cevil@example.org',
    'mailto:ada@example.org;evil@example.org',
    'mailto:ada@example.org%3Fbcc=evil@example.org',
    'mailto:ada%0D%0ABcc:evil@example.org',
    'mailto:%22ada@bank.example%22@evil.example',
    'mailto:Ada<ada@example.org>',
    'mailto:ada%40bank.example@evil.example',
    'mailto:ada@%zz',
    'mailto:ada',
    'mailto:@example.org',
    `mailto:${'a'.repeat(5_000)}@example.org`,
    'mailto://ada@example.org',
  ])('%j is none', (href) => {
    expect(safeLink(href, href)).toBeNull();
  });
});
