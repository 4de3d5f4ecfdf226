import { expect, it } from 'vitest';
import { suite1 } from '../../src/crypto/suites.ts';
import { fromHex } from '../vectors/load.ts';

const { kem } = suite1;

/** RFC 7748 §6.1 and the list of https://cr.yp.to/ecdh.html#validate, with and without the bit that X25519 ignores. */
const points = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].flatMap((point) => [point, point.slice(0, 62) + (Number.parseInt(point.slice(62), 16) | 0x80).toString(16)]);

it.each(points)('%s is no key, and WebCrypto agrees', async (point) => {
  expect(kem.isPublicKey(fromHex(point))).toBe(false);
  await expect(kem.encapsulate(fromHex(point))).rejects.toThrow();
});

it('keys are keys', async () => {
  for (let i = 0; i < 20; i++) expect(kem.isPublicKey((await kem.generateKeyPair()).publicKey)).toBe(true);
  expect(kem.isPublicKey(new Uint8Array(31).fill(9))).toBe(false);
});
