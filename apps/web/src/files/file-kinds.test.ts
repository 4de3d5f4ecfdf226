import { expect, it } from 'vitest';
import { kindOf, kindWords } from './file-kinds.ts';

it.each([
  ['image/jpeg', 'picture'],
  ['IMAGE/PNG', 'picture'],
  ['text/plain; charset=utf-8', 'text'],
  ['video/mp4', 'video'],
  ['audio/ogg', 'audio'],
  ['image/svg+xml', 'other'],
  ['text/html', 'other'],
  ['application/xhtml+xml', 'other'],
  ['text/xml', 'other'],
  ['application/pdf', 'pdf'],
  ['application/x-shockwave-flash', 'other'],
  ['toString', 'other'],
  ['', 'other'],
])('%s is treated as %s', (type, kind) => {
  expect(kindOf(type)).toBe(kind);
});

it.each([
  ['application/pdf', 'PDF'],
  ['image/heic', 'Picture'],
  ['text/html', 'Web page'],
  ['constructor', 'File'],
  ['', 'File'],
])('%s is called %s', (type, words) => {
  expect(kindWords(type)).toBe(words);
});
