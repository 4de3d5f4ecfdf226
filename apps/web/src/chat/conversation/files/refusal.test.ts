import { expect, it } from 'vitest';
import { refusalOf } from './refusal.ts';

const mebibyte = 1024 ** 2;
const usage = {
  server: { usedBytes: 90 * mebibyte, quotaBytes: 100 * mebibyte, blobMaxBytes: 50 * mebibyte },
  here: { usedBytes: 0, quotaBytes: 0 },
};

it('says why a file cannot be sent', () => {
  expect(refusalOf(51 * mebibyte, usage)).toBe('This file has 51 MB; this server takes files of up to 50 MB.');
  expect(refusalOf(20 * mebibyte, usage)).toMatch('you have 10 MB left');
  expect(refusalOf(10 * mebibyte, usage)).toBeUndefined();
  expect(refusalOf(10 ** 12, null)).toBeUndefined();
});
