/** Height by width of a page, within what a page can be: a canvas of any other shape would take all memory there is. */
export const shapeOf = (width: number, height: number): number => {
  const shape = height / width;
  return Number.isFinite(shape) ? Math.min(Math.max(shape, 0.1), 10) : Math.SQRT2;
};
