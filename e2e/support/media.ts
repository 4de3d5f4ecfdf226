import type { Page } from '@playwright/test';

/** A picture with more than one colour, as this browser encodes it. */
export async function picture(
  page: Page,
  type: 'image/jpeg' | 'image/png',
  width = 320,
  height = 200,
): Promise<Buffer> {
  const base64 = await page.evaluate(
    async ([mediaType, w, h]) => {
      const canvas = new OffscreenCanvas(w, h);
      const context = canvas.getContext('2d');
      if (context === null) throw new Error('no canvas');
      const colours = context.createLinearGradient(0, 0, w, h);
      colours.addColorStop(0, 'teal');
      colours.addColorStop(1, 'orange');
      context.fillStyle = colours;
      context.fillRect(0, 0, w, h);
      const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: mediaType })).arrayBuffer());
      return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
    },
    [type, width, height] as const,
  );
  return Buffer.from(base64, 'base64');
}

/** A second of moving picture. */
export async function video(page: Page): Promise<Buffer> {
  const base64 = await page.evaluate(async () => {
    const canvas = document.createElement('canvas');
    canvas.width = 160;
    canvas.height = 120;
    const context = canvas.getContext('2d');
    const recorder = new MediaRecorder(canvas.captureStream(20), { mimeType: 'video/webm' });
    const parts: Blob[] = [];
    recorder.ondataavailable = ({ data }) => parts.push(data);
    const stopped = new Promise((resolve) => {
      recorder.onstop = resolve;
    });
    recorder.start();
    for (let i = 0; i < 20; i++) {
      if (context) {
        context.fillStyle = `hsl(${i * 18} 80% 50%)`;
        context.fillRect(0, 0, 160, 120);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    recorder.stop();
    await stopped;
    const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  });
  return Buffer.from(base64, 'base64');
}

/** Exif 2.3 as cameras write it: turned by 90 degrees, made by someone's camera, with a place. */
function exif(): Buffer {
  const tiff = Buffer.alloc(128);
  tiff.write('II*\0', 0, 'latin1');
  tiff.writeUInt32LE(8, 4);
  const entry = (at: number, tag: number, type: number, count: number, value: number) => {
    tiff.writeUInt16LE(tag, at);
    tiff.writeUInt16LE(type, at + 2);
    tiff.writeUInt32LE(count, at + 4);
    tiff.writeUInt32LE(value, at + 8);
  };
  tiff.writeUInt16LE(3, 8);
  entry(10, 0x010f, 2, 12, 80); // Make
  entry(22, 0x0112, 3, 1, 6); // Orientation
  entry(34, 0x8825, 4, 1, 50); // GPS
  tiff.writeUInt16LE(1, 50);
  entry(52, 0x001d, 2, 11, 96); // GPSDateStamp
  tiff.write('Spycam 3000\0', 80, 'latin1');
  tiff.write('2026:01:02\0', 96, 'latin1');
  return Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]);
}

/** A JPEG with Exif, XMP and a comment. */
export function withPlace(jpeg: Buffer): Buffer {
  const segment = (marker: number, body: Buffer) => {
    const head = Buffer.from([0xff, marker, 0, 0]);
    head.writeUInt16BE(body.length + 2, 2);
    return Buffer.concat([head, body]);
  };
  return Buffer.concat([
    jpeg.subarray(0, 2),
    segment(0xe1, exif()),
    segment(
      0xe1,
      Buffer.from('http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>exif:GPSLatitude 52,30N</x:xmpmeta>', 'latin1'),
    ),
    segment(0xfe, Buffer.from('at home')),
    jpeg.subarray(2),
  ]);
}

/** A PDF with one line of text on each page. */
export function pdf(lines: readonly string[]): Buffer {
  const kids = lines.map((_, i) => `${4 + 2 * i} 0 R`).join(' ');
  return pdfOf([
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${kids}] /Count ${lines.length} >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    ...lines.flatMap((line, i) => {
      const stream = `BT /F1 48 Tf 72 700 Td (${line}) Tj ET`;
      const page = `/Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents ${5 + 2 * i} 0 R`;
      return [`<< /Type /Page ${page} >>`, `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`];
    }),
  ]);
}

/** A small PDF with very many pages: all of them are the same empty one. */
export function hostilePdf(pages: number): Buffer {
  return pdfOf([
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${'3 0 R '.repeat(pages)}] /Count ${pages} >>`,
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>',
  ]);
}

/** ISO 32000: objects, a table of where they are, a trailer. */
function pdfOf(objects: readonly string[]): Buffer {
  let text = '%PDF-1.4\n';
  const places = objects.map((object, i) => {
    const place = text.length;
    text += `${i + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(place).padStart(10, '0')} 00000 n \n`;
  });
  const table = text.length;
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${places.join('')}`;
  return Buffer.from(
    `${text}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`,
    'latin1',
  );
}
