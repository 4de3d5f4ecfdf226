/** A rectangle in the pixels of the source picture. */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/** The square that a crop stands for: whole pixels, inside of the picture, as large as was asked where that fits. */
export function squareWithin(area: Area, picture: Size): Area {
  const side = Math.round(clamp(Math.min(area.width, area.height), 1, Math.min(picture.width, picture.height)));
  return {
    x: Math.round(clamp(area.x, 0, picture.width - side)),
    y: Math.round(clamp(area.y, 0, picture.height - side)),
    width: side,
    height: side,
  };
}

/**
 * Sides to draw one after the other from `side` down to `target`. Browsers smooth over few neighbouring pixels, so a large picture is
 * halved until the last step is under a half. A smaller one is enlarged in one step.
 */
export function reductionSteps(side: number, target: number): number[] {
  const steps: number[] = [];
  for (let next = Math.ceil(side / 2); next > target; next = Math.ceil(next / 2)) steps.push(next);
  return [...steps, target];
}

/** The size of a picture shown whole within a square frame, never enlarged (CSS `max-width` and `max-height`). */
export function shownSize(picture: Size, frameSide: number): Size {
  const scale = Math.min(1, frameSide / picture.width, frameSide / picture.height);
  return { width: picture.width * scale, height: picture.height * scale };
}

/** How far the picture may be moved to either side, in shown pixels, before the crop (the largest square) would leave it. */
export function panReach(picture: Size, frameSide: number, zoom: number): { readonly x: number; readonly y: number } {
  const shown = shownSize(picture, frameSide);
  const crop = Math.min(shown.width, shown.height);
  return { x: Math.max(0, (shown.width * zoom - crop) / 2), y: Math.max(0, (shown.height * zoom - crop) / 2) };
}
