export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The largest box of a picture in a conversation, in CSS pixels. */
export const inlineMax: Size = { width: 360, height: 320 };
/** Narrower or lower ones could not be pressed. */
const inlineMin = 48;

/**
 * The box of a picture of `width` × `height`: known before its first byte is here, so nothing moves when it comes. Small pictures are
 * not enlarged; extreme proportions are cropped by the box. `null` where the sender gave no usable size.
 */
export function reservedBox(width: number | null, height: number | null): Size | null {
  if (width === null || height === null || !(width > 0) || !(height > 0)) return null;
  const scale = Math.min(1, inlineMax.width / width, inlineMax.height / height);
  const side = (length: number) => Math.max(inlineMin, Math.round(length * scale));
  return { width: side(width), height: side(height) };
}
