import { fromBase64url, toBase64url } from '@undertone/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomBytes, utf8 } from '../bytes.ts';
import {
  contentRange,
  decodeHeader,
  type Encoding,
  encodeHeader,
  encodingOf,
  fileRecordBytes,
  headerBytes,
  type Layout,
  layoutOf,
  openRecord,
  paddedLength,
  recordRange,
  sealRecord,
} from './content-encoding.ts';

const key = randomBytes(32);

async function seal(encoding: Encoding, layout: Layout, content: Uint8Array<ArrayBuffer>) {
  const records = await Promise.all(
    Array.from({ length: layout.records }, (_, record) => {
      const { start, end } = contentRange(layout, record);
      return sealRecord(encoding, layout, record, content.slice(start, end));
    }),
  );
  return new Uint8Array(await new Blob([encodeHeader(encoding), ...records]).arrayBuffer());
}

async function open(encoding: Encoding, layout: Layout, sealed: Uint8Array<ArrayBuffer>) {
  if (sealed.length !== layout.encodedBytes) throw Object.assign(new Error('length'), { code: 'file_damaged' });
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (let record = 0; record < layout.records; record++) {
    const { start, end } = recordRange(layout, record);
    parts.push(await openRecord(encoding, layout, record, sealed.slice(start, end)));
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** Layouts with short records, so that borders are many. */
const small = (bytes: number) => layoutOf(bytes, 32);

describe('the examples of RFC 8188', () => {
  it('F1 §3.1: one record', async () => {
    const body = fromBase64url('I1BsxtFttlv3u_Oo94xnmwAAEAAA-NAVub2qFgBEuQKRapoZu-IxkIva3MEB1PD-ly8Thjg');
    const salt = body.slice(0, 16);
    const encoding = await encodingOf(fromBase64url('yqdlZ-tYemfogSmv7Ws5PQ'), salt, 4096);
    const layout: Layout = {
      contentBytes: 15,
      paddedBytes: 15,
      recordBytes: 4096,
      capacity: 4079,
      records: 1,
      encodedBytes: body.length,
    };
    const opened = await openRecord(encoding, layout, 0, body.slice(headerBytes));
    expect(new TextDecoder().decode(opened)).toBe('I am the walrus');
    const sealed = await sealRecord(encoding, layout, 0, utf8('I am the walrus'));
    expect(toBase64url(sealed)).toBe(toBase64url(body.slice(headerBytes)));
    expect(toBase64url(encodeHeader(encoding))).toBe(toBase64url(body.slice(0, headerBytes)));
  });

  it('F1 §3.2: two records, the first with a byte of padding', async () => {
    const body = fromBase64url(
      'uNCkWiNYzKTnBN9ji3-qWAAAABkCYTHOG8chz_gnvgOqdGYovxyjuqRyJFjEDyoF1Fvkj6hQPdPHI51OEUKEpgz3SsLWIqS_uA',
    );
    const idBytes = 2;
    expect(new TextDecoder().decode(body.slice(21, 21 + idBytes))).toBe('a1');
    const encoding = await encodingOf(fromBase64url('BO3ZVPxUlnLORbVGMpbT1Q'), body.slice(0, 16), 25);
    const records = body.slice(21 + idBytes);
    const first: Layout = {
      contentBytes: 7,
      paddedBytes: 16,
      recordBytes: 25,
      capacity: 8,
      records: 2,
      encodedBytes: 0,
    };
    const opened = await openRecord(encoding, first, 0, records.slice(0, 25));
    expect(new TextDecoder().decode(opened)).toBe('I am th');
    // Our layout puts padding last; the example has some in its first record, so the second is read by a layout of its own.
    const second: Layout = { ...first, contentBytes: 16, paddedBytes: 16, records: 2 };
    expect(new TextDecoder().decode(await openRecord(encoding, second, 1, records.slice(25)))).toBe('e walrus');
  });
});

describe('records', () => {
  it('F1 content of every length survives, and the encoded length tells its class only', async () => {
    const encoding = await encodingOf(key, randomBytes(16), 32);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (content) => {
        const layout = small(content.length);
        const sealed = await seal(encoding, layout, content.slice());
        expect(sealed.length).toBe(layout.encodedBytes);
        expect(sealed.length).toBe(small(paddedLength(content.length)).encodedBytes);
        expect(await open(encoding, layout, sealed)).toEqual(content);
      }),
      { numRuns: 60 },
    );
  });

  it('F1 padding costs at most 12 % and leaves few classes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 45 }), (bytes) => {
        const padded = paddedLength(bytes);
        expect(padded).toBeGreaterThanOrEqual(bytes);
        expect(padded / bytes).toBeLessThanOrEqual(1.12);
        expect(paddedLength(padded)).toBe(padded);
      }),
    );
    const classes = new Set(Array.from({ length: 2 ** 16 }, (_, i) => paddedLength(i + 1)));
    expect(classes.size).toBeLessThan(200);
  });

  it('F4 whatever is flipped, swapped, repeated, cut or added is noticed', async () => {
    const encoding = await encodingOf(key, randomBytes(16), 32);
    const content = randomBytes(100);
    const layout = small(content.length);
    const sealed = await seal(encoding, layout, content);
    const refused = (bytes: Uint8Array<ArrayBuffer>) =>
      expect(open(encoding, layout, bytes)).rejects.toMatchObject({ code: 'file_damaged' });
    for (let i = headerBytes; i < sealed.length; i++) {
      const flipped = sealed.slice();
      flipped[i] = (flipped[i] ?? 0) ^ 0x10;
      await refused(flipped);
    }
    const swapped = sealed.slice();
    const [a, b] = [recordRange(layout, 0), recordRange(layout, 1)];
    swapped.set(sealed.slice(b.start, b.end), a.start);
    swapped.set(sealed.slice(a.start, a.end), b.start);
    await refused(swapped);
    await refused(sealed.slice(0, -1));
    await refused(sealed.slice(0, recordRange(layout, layout.records - 1).start));
    await refused(new Uint8Array([...sealed, ...sealed.slice(-32)]));
    const other = await encodingOf(randomBytes(32), encoding.salt, 32);
    await expect(open(other, layout, sealed)).rejects.toMatchObject({ code: 'file_damaged' });
  });

  it('F4 a last record that is not marked so, a marked one that is not last, and another length are noticed', async () => {
    const encoding = await encodingOf(key, randomBytes(16), 32);
    const two = small(20);
    const longer: Layout = { ...two, records: 3, paddedBytes: 45, encodedBytes: 0, contentBytes: 45 };
    const content = randomBytes(15);
    const marked = await sealRecord(encoding, { ...two, records: 1, paddedBytes: 15, contentBytes: 15 }, 0, content);
    await expect(openRecord(encoding, longer, 0, marked)).rejects.toMatchObject({ code: 'file_damaged' });
    const unmarked = await sealRecord(encoding, longer, 0, content);
    const whole: Layout = { ...two, records: 1, paddedBytes: 15, contentBytes: 15 };
    await expect(openRecord(encoding, whole, 0, unmarked)).rejects.toMatchObject({ code: 'file_damaged' });
    const short: Layout = { ...whole, contentBytes: 14 };
    await expect(openRecord(encoding, short, 0, marked)).rejects.toMatchObject({ code: 'file_damaged' });
  });

  it('F1 numbers of records beyond 32 bits keep nonces apart', async () => {
    const encoding = await encodingOf(key, randomBytes(16), fileRecordBytes);
    const layout: Layout = { ...layoutOf(1), records: 2 ** 40, paddedBytes: 2 ** 53, contentBytes: 0 };
    const at = (record: number) =>
      sealRecord({ ...encoding }, { ...layout, capacity: 0, paddedBytes: 0 }, record, new Uint8Array());
    const sealed = await Promise.all([0, 1, 2 ** 32, 2 ** 32 + 1].map(at));
    expect(new Set(sealed.map(toBase64url)).size).toBe(4);
  });

  it('F1 a header of anything else is refused', async () => {
    const encoding = await encodingOf(key, randomBytes(16), fileRecordBytes);
    const header = encodeHeader(encoding);
    expect(decodeHeader(header)).toEqual({ salt: encoding.salt, recordBytes: fileRecordBytes });
    const small32 = encodeHeader({ ...encoding, recordBytes: 32 });
    const withId = header.slice();
    withId[headerBytes - 1] = 1;
    for (const wrong of [header.slice(0, 20), small32, withId]) expect(() => decodeHeader(wrong)).toThrow('damaged');
  });
});
