import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { panReach, reductionSteps, shownSize, squareWithin } from './avatar-geometry.ts';

const side = fc.integer({ min: 1, max: 12_000 });
const place = fc.double({ min: -500, max: 13_000, noNaN: true });

describe('avatar geometry', () => {
  test('a crop is a whole-pixel square inside of the picture, whatever was asked', () => {
    fc.assert(
      fc.property(side, side, place, place, place, place, (width, height, x, y, w, h) => {
        const area = squareWithin({ x, y, width: w, height: h }, { width, height });
        expect(Object.values(area).every(Number.isInteger)).toBe(true);
        expect(area.width).toBe(area.height);
        expect(area.width).toBeGreaterThanOrEqual(1);
        expect(area.x).toBeGreaterThanOrEqual(0);
        expect(area.y).toBeGreaterThanOrEqual(0);
        expect(area.x + area.width).toBeLessThanOrEqual(width);
        expect(area.y + area.height).toBeLessThanOrEqual(height);
      }),
    );
  });

  test('a crop that fits is kept', () => {
    expect(squareWithin({ x: 10.4, y: 20.6, width: 300, height: 300 }, { width: 640, height: 480 })).toEqual({
      x: 10,
      y: 21,
      width: 300,
      height: 300,
    });
  });

  test('large pictures are halved, the last step is at most a half, small ones are one step', () => {
    expect(reductionSteps(4000, 256)).toEqual([2000, 1000, 500, 256]);
    expect(reductionSteps(512, 256)).toEqual([256]);
    expect(reductionSteps(100, 256)).toEqual([256]);
    fc.assert(
      fc.property(side, (from) => {
        let before = from;
        for (const step of reductionSteps(from, 256)) {
          expect(step * 2).toBeGreaterThanOrEqual(before);
          before = step;
        }
        expect(before).toBe(256);
      }),
    );
  });

  test('a picture is shown whole and never enlarged', () => {
    expect(shownSize({ width: 640, height: 320 }, 320)).toEqual({ width: 320, height: 160 });
    expect(shownSize({ width: 100, height: 50 }, 320)).toEqual({ width: 100, height: 50 });
  });

  test('the reach grows with the zoom and is zero where nothing is to spare', () => {
    expect(panReach({ width: 640, height: 320 }, 320, 1)).toEqual({ x: 80, y: 0 });
    expect(panReach({ width: 640, height: 320 }, 320, 2)).toEqual({ x: 240, y: 80 });
    expect(panReach({ width: 320, height: 320 }, 320, 1)).toEqual({ x: 0, y: 0 });
  });
});
