/** Pictures, videos and documents that are made on the spot: the fake core has no files of its own. */
export type PictureKind = 'dusk' | 'field' | 'plan';

type Colour = readonly [number, number, number];

const corners: Readonly<Record<PictureKind, readonly [Colour, Colour, Colour]>> = {
  dusk: [
    [34, 40, 84],
    [214, 108, 96],
    [250, 204, 140],
  ],
  field: [
    [120, 176, 214],
    [210, 224, 190],
    [70, 120, 60],
  ],
  plan: [
    [246, 246, 242],
    [226, 230, 236],
    [200, 206, 216],
  ],
};

const mix = (from: Colour, to: Colour, part: number): Colour => [
  from[0] + (to[0] - from[0]) * part,
  from[1] + (to[1] - from[1]) * part,
  from[2] + (to[2] - from[2]) * part,
];

const made = new Map<string, Uint8Array<ArrayBuffer>>();

/** A small PNG in the proportions of `width` by `height`. */
export function thumbnail(kind: PictureKind, width: number, height: number): Uint8Array<ArrayBuffer> {
  const scale = 24 / Math.max(width, height);
  const w = Math.max(1, Math.round(width * scale));
  const h = Math.max(1, Math.round(height * scale));
  const key = `${kind} ${w} ${h}`;
  const known = made.get(key);
  if (known) return known;
  const png = encodePng(w, h, (x, y) => {
    const [top, middle, bottom] = corners[kind];
    const down = y / h + Math.sin((x / w) * 6) * 0.06;
    return down < 0.5 ? mix(top, middle, Math.max(0, down * 2)) : mix(middle, bottom, Math.min(1, down * 2 - 1));
  });
  made.set(key, png);
  return png;
}

/** An uncompressed PNG of 8-bit RGB (PNG, third edition, §11). */
function encodePng(width: number, height: number, pixel: (x: number, y: number) => Colour): Uint8Array<ArrayBuffer> {
  const raw = new Uint8Array(height * (1 + width * 3));
  let at = 0;
  for (let y = 0; y < height; y++) {
    at += 1;
    for (let x = 0; x < width; x++) {
      raw.set(pixel(x, y).map(Math.round), at);
      at += 3;
    }
  }
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint8(8, 8);
  header.setUint8(9, 2);
  // One stored block of deflate: the picture has fewer than 65,536 bytes.
  const data = new Uint8Array(2 + 5 + raw.length + 4);
  const view = new DataView(data.buffer);
  data.set([0x78, 0x01, 0x01]);
  view.setUint16(3, raw.length, true);
  view.setUint16(5, ~raw.length & 0xffff, true);
  data.set(raw, 7);
  view.setUint32(7 + raw.length, adler32(raw));
  const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  const parts = [
    new Uint8Array(signature),
    chunk('IHDR', new Uint8Array(header.buffer)),
    chunk('IDAT', data),
    chunk('IEND', new Uint8Array()),
  ];
  const png = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    png.set(part, offset);
    offset += part.length;
  }
  return png;
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return ((b << 16) | a) >>> 0;
}

function draw(canvas: HTMLCanvasElement | OffscreenCanvas, kind: PictureKind, turn: number): void {
  const context = canvas.getContext('2d') as CanvasRenderingContext2D | null;
  if (!context) return;
  const { width, height } = canvas;
  const sky = context.createLinearGradient(0, 0, 0, height);
  for (const [i, colour] of corners[kind].entries()) sky.addColorStop(i / 2, `rgb(${colour.join(' ')})`);
  context.fillStyle = sky;
  context.fillRect(0, 0, width, height);
  context.fillStyle = 'rgb(255 255 255 / 70%)';
  context.beginPath();
  context.arc(width * (0.2 + 0.6 * turn), height * 0.35, Math.min(width, height) * 0.08, 0, 7);
  context.fill();
}

export async function drawnPicture(kind: PictureKind, width: number, height: number): Promise<Blob> {
  const canvas = new OffscreenCanvas(width, height);
  draw(canvas, kind, 0.5);
  return canvas.convertToBlob({ type: 'image/png' });
}

/** Two seconds of a moving circle. */
export function drawnVideo(): Promise<Blob> {
  const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 });
  const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: 'video/webm' });
  const parts: Blob[] = [];
  return new Promise((resolve) => {
    const start = performance.now();
    recorder.ondataavailable = ({ data }) => parts.push(data);
    recorder.onstop = () => resolve(new Blob(parts, { type: 'video/webm' }));
    recorder.start();
    const frame = () => {
      const turn = (performance.now() - start) / 2_000;
      draw(canvas, 'dusk', turn);
      if (turn < 1) requestAnimationFrame(frame);
      else recorder.stop();
    };
    frame();
  });
}

/** A second of a quiet tone, as WAV. */
export function drawnSound(): Blob {
  const rate = 8_000;
  const view = new DataView(new ArrayBuffer(44 + rate));
  const write = (at: number, text: string) => {
    for (let i = 0; i < text.length; i++) view.setUint8(at + i, text.charCodeAt(i));
  };
  write(0, 'RIFF');
  view.setUint32(4, 36 + rate, true);
  write(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate, true);
  view.setUint16(32, 1, true);
  view.setUint16(34, 8, true);
  write(36, 'data');
  view.setUint32(40, rate, true);
  for (let i = 0; i < rate; i++) view.setUint8(44 + i, 128 + 20 * Math.sin((i / rate) * 440 * 2 * Math.PI));
  return new Blob([view.buffer], { type: 'audio/wav' });
}

/** A PDF of one empty page. */
export function drawnPdf(): Blob {
  const objects = [
    '<</Type/Catalog/Pages 2 0 R>>',
    '<</Type/Pages/Kids[3 0 R]/Count 1>>',
    '<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]>>',
  ];
  const body = objects.map((object, i) => `${i + 1} 0 obj${object}endobj\n`).join('');
  return new Blob([`%PDF-1.4\n${body}trailer<</Root 1 0 R>>\n%%EOF`], { type: 'application/pdf' });
}
