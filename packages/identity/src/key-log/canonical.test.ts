import { encode } from '@msgpack/msgpack';
import { beforeAll, describe, expect, it } from 'vitest';
import { signWithLabel } from '../signing-key.ts';
import { alice, type Bytes, type Machine, newMachine, refusalOf, SampleLog } from '../testing/sample-log.ts';
import { createVersion1Entry } from '../testing/version-1-entry.ts';
import { decodeCanonical, encodeCanonical } from './canonical.ts';
import { openSigned } from './entry.ts';

let machine: Machine;
let sample: SampleLog;
beforeAll(async () => {
  machine = await newMachine();
  sample = await SampleLog.begin(alice, machine);
});

const hex = (text: string): Bytes => Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
const join = (...parts: (Uint8Array | number[])[]): Bytes => Uint8Array.from(parts.flatMap((part) => [...part]));

/** The element of a body after so many bytes is written with another head: `skip` bytes give way to `head`. */
const rewrite = (data: Uint8Array, at: number, skip: number, head: number[]): Bytes =>
  join(data.subarray(0, at), head, data.subarray(at + skip));

/** A body in another spelling, signed as it then is. */
const signed = async (body: Bytes): Promise<Bytes> =>
  encodeCanonical([body, await signWithLabel(machine.key.privateKey, 'undertone key log 2 entry', body)]);

describe('one spelling', () => {
  it.each([
    ['a length of one byte where none is needed', 'd90161'],
    ['a length of two bytes for text', 'da000161'],
    ['a length of two bytes for bytes', 'c5000161'],
    ['a long array', 'dc000101'],
    ['an unsigned integer of one byte', 'cc05'],
    ['an unsigned integer of two bytes', 'cd0005'],
    ['an unsigned integer of eight bytes', 'cf0000000000000005'],
    ['a signed integer', 'd005'],
    ['a float that is an integer', 'cb4014000000000000'],
    ['a short float that is an integer', 'ca40a00000'],
    ['minus zero', 'cb8000000000000000'],
    ['not a number', 'cb7ff8000000000001'],
    ['a fraction', 'cb3fe0000000000000'],
    ['an integer beyond 2^53', 'cf0020000000000001'],
    ['a map', '81a16101'],
    ['an empty map', '80'],
    ['an extension', 'd40100'],
    ['a time', 'd6ff00000000'],
    ['a surrogate alone', 'a3eda080'],
    ['overlong text', 'a2c081'],
    ['text that is not UTF-8', 'a1ff'],
    ['a byte too many', '0500'],
    ['a byte too few', 'a261'],
    ['nothing', ''],
  ])('K4 %s is refused', (_, bytes) => {
    expect(() => decodeCanonical(hex(bytes))).toThrow();
    expect(() => decodeCanonical(join([0x91], hex(bytes)))).toThrow();
  });

  it('K4 what is written in it is read', () => {
    const value = [1, -1, 'é'.repeat(300), new Uint8Array(300), [], [null, true], 2 ** 53 - 1];
    expect(decodeCanonical(encodeCanonical(value))).toEqual(value);
  });
});

describe('entries in another spelling', () => {
  it.each<[string, (body: Bytes) => Bytes]>([
    ['a longer array head', (body) => rewrite(body, 0, 1, [0xdc, 0, 9])],
    ['a longer integer', (body) => rewrite(body, 1, 1, [0xcc, 2])],
    ['an integer as a float', (body) => rewrite(body, 1, 1, [0xcb, 0x40, 0, 0, 0, 0, 0, 0, 0])],
    ['a longer text head', (body) => rewrite(body, 2, 2, [0xda, 0, 36])],
    ['a longer bytes head', (body) => rewrite(body, 40, 2, [0xc5, 0, 0])],
    ['a byte after it', (body) => join(body, [0])],
  ])('K4 a body with %s is refused, though it is signed so', async (_, respell) => {
    const [body] = openSigned(sample.log.entries[0] as Bytes);
    expect(await refusalOf(alice, [await signed(body)])).toBe('accepted');
    expect(await refusalOf(alice, [await signed(respell(body))])).toBe('malformed');
  });

  it.each<[string, (entry: Bytes) => Bytes]>([
    ['a longer array head', (entry) => rewrite(entry, 0, 1, [0xdc, 0, 2])],
    ['a longer head of the body', (entry) => rewrite(entry, 1, 2, [0xc5, 0, entry[2] as number])],
    ['a longer head of the signature', (entry) => rewrite(entry, entry.length - 66, 2, [0xc5, 0, 64])],
    ['a byte after it', (entry) => join(entry, [0])],
    ['a body that is text', (entry) => rewrite(entry, 1, 2, [0xd9, entry[2] as number])],
  ])('K4 an entry with %s is refused', async (_, respell) => {
    const entry = sample.log.entries[0] as Bytes;
    expect([entry[1], entry[entry.length - 66]]).toEqual([0xc4, 0xc4]);
    expect(await refusalOf(alice, [respell(entry)])).toBe('malformed');
    const old = await createVersion1Entry({ account: alice, device: machine.device }, machine.key);
    expect(await refusalOf(alice, [respell(old)])).toBe('malformed');
  });

  it('K4 a body of version 1 in another order, or with other heads, is refused', async () => {
    const { device, key } = machine;
    const sign = async (body: Bytes) =>
      encodeCanonical([body, await signWithLabel(key.privateKey, 'undertone key log 1', body)]);
    const fields = { version: 1, account: alice, index: 0, previous: new Uint8Array(0), kind: 'root' };
    const body = encode({ ...fields, device, key: key.publicKey }).slice();
    expect(await refusalOf(alice, [await sign(body)])).toBe('accepted');
    const reordered = encode({ device, ...fields, key: key.publicKey }).slice();
    expect(await refusalOf(alice, [await sign(reordered)])).toBe('malformed');
    expect(await refusalOf(alice, [await sign(rewrite(body, 0, 1, [0xde, 0, 7]))])).toBe('malformed');
    expect(await refusalOf(alice, [await sign(rewrite(body, 1, 1, [0xd9, 7]))])).toBe('malformed');
  });
});
