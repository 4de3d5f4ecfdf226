/**
 * Whether this machine draws emoji in colour at all. The picker leaves out what the machine cannot draw; where that is everything, it is
 * shown all the same: others see it.
 */
export function drawsEmoji(): boolean {
  const canvas = document.createElement('canvas');
  canvas.width = 16;
  canvas.height = 16;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) return false;
  context.textBaseline = 'top';
  context.font = '16px sans-serif';
  context.fillStyle = '#000';
  context.fillText('😀', 0, 0);
  const { data } = context.getImageData(0, 0, 16, 16);
  // Text in black has no colour in any pixel.
  for (let i = 0; i < data.length; i += 4) if (data[i] !== data[i + 2]) return true;
  return false;
}
