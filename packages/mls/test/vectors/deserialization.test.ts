import { describe, expect, it } from 'vitest';
import { Reader } from '../../src/codec/reader.ts';
import { Writer } from '../../src/codec/writer.ts';
import { fromHex, loadVectors, toHex } from './load.ts';

interface Vector {
  readonly vlbytes_header: string;
  readonly length: number;
}

describe('deserialization', () => {
  it.each(loadVectors<Vector>('deserialization.json'))('case %i', (_, { vlbytes_header, length }) => {
    const reader = new Reader(fromHex(vlbytes_header));
    expect(reader.length()).toBe(length);
    reader.finish();
    expect(toHex(new Writer().length(length).finish())).toBe(vlbytes_header);
  });
});
