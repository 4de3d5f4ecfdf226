import { expect, it } from 'vitest';
import { reservedBox } from './reserved-box.ts';

it.each([
  [1_600, 1_000, { width: 360, height: 225 }],
  [800, 4_000, { width: 64, height: 320 }],
  [200, 100, { width: 200, height: 100 }],
  [16, 16, { width: 48, height: 48 }],
  [10_000, 10, { width: 360, height: 48 }],
  [null, 100, null],
  [0, 100, null],
  [Number.NaN, 100, null],
])('%s × %s gets the box %o', (width, height, box) => {
  expect(reservedBox(width, height)).toEqual(box);
});
