import { describe, expect, it } from 'vitest';
import { noBytes, textBytes } from '../src/codec/bytes.ts';
import { hpkeOpen, hpkeReceiveExport, hpkeSeal, hpkeSendExport, keySchedule } from '../src/crypto/hpke.ts';
import { suite1 } from '../src/crypto/suites.ts';
import { fromHex, toHex } from './vectors/load.ts';

/** RFC 9180 Appendix A.1.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, base mode. */
const vector = {
  info: '4f6465206f6e2061204772656369616e2055726e',
  ikmE: '7268600d403fce431561aef583ee1613527cff655c1343f29812e66706df3234',
  pkEm: '37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431',
  skEm: '52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736',
  ikmR: '6db9df30aa07dd42ee5e8181afdb977e538f5e1fec8a06223f33f7013e525037',
  pkRm: '3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d',
  skRm: '4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8',
  sharedSecret: 'fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc',
  key: '4531685d41d65f03dc48f6b8302c05b0',
  baseNonce: '56d890e5accaaf011cff4b7d',
  plaintext: '4265617574792069732074727574682c20747275746820626561757479',
  /** Of sequence number 0. */
  aad: '436f756e742d30',
  ciphertext: 'f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a',
  exports: [
    ['', '3853fe2b4035195a573ffc53856e77058e15d9ea064de3e59f4961d0095250ee'],
    ['00', '2e8f0b54673c7029649d4eb9d5e33bf1872cf76d623ff164ac185da9e88c21a5'],
    ['54657374436f6e74657874', 'e9e43065102c3836401bed8c3c3c75ae46be1639869391d62c61f1ec7af54931'],
  ],
} as const;

const { kem, aead } = suite1;
const receiver = { privateKey: fromHex(vector.skRm), publicKey: fromHex(vector.pkRm) };

describe('RFC 9180 Appendix A.1.1', () => {
  it('DeriveKeyPair', async () => {
    const ephemeral = await kem.deriveKeyPair(fromHex(vector.ikmE));
    expect(toHex(ephemeral.privateKey)).toBe(vector.skEm);
    expect(toHex(ephemeral.publicKey)).toBe(vector.pkEm);
    const own = await kem.deriveKeyPair(fromHex(vector.ikmR));
    expect(toHex(own.privateKey)).toBe(vector.skRm);
    expect(toHex(own.publicKey)).toBe(vector.pkRm);
  });

  it('Decap', async () => {
    const shared = await kem.decapsulate(fromHex(vector.pkEm), receiver.privateKey, receiver.publicKey);
    expect(toHex(shared)).toBe(vector.sharedSecret);
  });

  it('KeySchedule: key, base nonce, the first ciphertext', async () => {
    const schedule = await keySchedule(suite1, fromHex(vector.sharedSecret), fromHex(vector.info));
    const { key, nonce } = schedule.keyAndNonce();
    expect(toHex(key)).toBe(vector.key);
    expect(toHex(nonce)).toBe(vector.baseNonce);
    const opened = await aead.open(key, nonce, fromHex(vector.aad), fromHex(vector.ciphertext));
    expect(opened && toHex(opened)).toBe(vector.plaintext);
    expect(toHex(await aead.seal(key, nonce, fromHex(vector.aad), fromHex(vector.plaintext)))).toBe(vector.ciphertext);
  });

  it.each(vector.exports)('Export of "%s"', async (context, exported) => {
    const schedule = await keySchedule(suite1, fromHex(vector.sharedSecret), fromHex(vector.info));
    expect(toHex(schedule.export(fromHex(context), 32))).toBe(exported);
  });
});

describe('hpke', () => {
  const info = textBytes('info');
  const plaintext = textBytes('plaintext');

  it('opens what it sealed, with the same key and info only', async () => {
    const sealed = await hpkeSeal(suite1, receiver.publicKey, info, plaintext);
    expect(await hpkeOpen(suite1, receiver, info, sealed)).toEqual(plaintext);
    expect(await hpkeOpen(suite1, receiver, noBytes, sealed)).toBeUndefined();
    expect(await hpkeOpen(suite1, await kem.generateKeyPair(), info, sealed)).toBeUndefined();
  });

  it('both sides export the same', async () => {
    const sent = await hpkeSendExport(suite1, receiver.publicKey, info, 32);
    expect(await hpkeReceiveExport(suite1, receiver, sent.kemOutput, info, 32)).toEqual(sent.exported);
    expect(await hpkeReceiveExport(suite1, receiver, sent.kemOutput, plaintext, 32)).not.toEqual(sent.exported);
  });

  it('a KEM output that is no key, or of small order, opens nothing', async () => {
    const sealed = await hpkeSeal(suite1, receiver.publicKey, info, plaintext);
    for (const kemOutput of [noBytes, sealed.kemOutput.slice(1), new Uint8Array(32)]) {
      expect(await hpkeOpen(suite1, receiver, info, { ...sealed, kemOutput })).toBeUndefined();
      expect(await hpkeReceiveExport(suite1, receiver, kemOutput, info, 32)).toBeUndefined();
    }
  });

  it('a changed ciphertext does not open', async () => {
    const sealed = await hpkeSeal(suite1, receiver.publicKey, info, plaintext);
    const ciphertext = sealed.ciphertext.slice();
    ciphertext[0] = (ciphertext[0] as number) ^ 1;
    expect(await hpkeOpen(suite1, receiver, info, { ...sealed, ciphertext })).toBeUndefined();
    expect(await hpkeOpen(suite1, receiver, info, { ...sealed, ciphertext: noBytes })).toBeUndefined();
  });
});
