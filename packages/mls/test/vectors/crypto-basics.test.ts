import { describe, expect, it } from 'vitest';
import {
  decryptWithLabel,
  deriveSecret,
  deriveTreeSecret,
  encryptWithLabel,
  expandWithLabel,
  refHash,
  signWithLabel,
  verifyWithLabel,
} from '../../src/crypto/labels.ts';
import { cipherSuite } from '../../src/crypto/suites.ts';
import { fromHex, importSeed, loadVectors, publicKeyOfSeed, type SuiteVector, toHex } from './load.ts';

interface Vector extends SuiteVector {
  readonly ref_hash: { label: string; value: string; out: string };
  readonly expand_with_label: { secret: string; label: string; context: string; length: number; out: string };
  readonly derive_secret: { secret: string; label: string; out: string };
  readonly derive_tree_secret: { secret: string; label: string; generation: number; length: number; out: string };
  readonly sign_with_label: { priv: string; pub: string; content: string; label: string; signature: string };
  readonly encrypt_with_label: {
    priv: string;
    pub: string;
    label: string;
    context: string;
    plaintext: string;
    kem_output: string;
    ciphertext: string;
  };
}

describe.each(loadVectors<Vector>('crypto-basics.json'))('crypto-basics case %i', (_, vector) => {
  const suite = cipherSuite(vector.cipher_suite);
  const { hash } = suite;

  it('ref_hash', () => {
    const { label, value, out } = vector.ref_hash;
    expect(toHex(refHash(hash, label, fromHex(value)))).toBe(out);
  });

  it('expand_with_label', () => {
    const { secret, label, context, length, out } = vector.expand_with_label;
    expect(toHex(expandWithLabel(hash, fromHex(secret), label, fromHex(context), length))).toBe(out);
  });

  it('derive_secret', () => {
    const { secret, label, out } = vector.derive_secret;
    expect(toHex(deriveSecret(hash, fromHex(secret), label))).toBe(out);
  });

  it('derive_tree_secret', () => {
    const { secret, label, generation, length, out } = vector.derive_tree_secret;
    expect(toHex(deriveTreeSecret(hash, fromHex(secret), label, generation, length))).toBe(out);
  });

  it('sign_with_label', async () => {
    const { priv, pub, content, label, signature } = vector.sign_with_label;
    const verify = (candidate: Uint8Array<ArrayBuffer>) =>
      verifyWithLabel(suite, fromHex(pub), label, fromHex(content), candidate);
    expect(await publicKeyOfSeed(priv)).toBe(pub);
    expect(await verify(fromHex(signature))).toBe(true);
    const own = await signWithLabel(suite, await importSeed(priv), label, fromHex(content));
    expect(await verify(own)).toBe(true);
    own[0] = (own[0] as number) ^ 1;
    expect(await verify(own)).toBe(false);
  });

  it('encrypt_with_label', async () => {
    const { priv, pub, label, context, plaintext, kem_output, ciphertext } = vector.encrypt_with_label;
    const keyPair = { privateKey: fromHex(priv), publicKey: fromHex(pub) };
    expect(toHex(await suite.kem.publicKeyOf(keyPair.privateKey))).toBe(pub);
    const given = { kemOutput: fromHex(kem_output), ciphertext: fromHex(ciphertext) };
    const opened = await decryptWithLabel(suite, keyPair, label, fromHex(context), given);
    expect(opened && toHex(opened)).toBe(plaintext);
    const own = await encryptWithLabel(suite, keyPair.publicKey, label, fromHex(context), fromHex(plaintext));
    const reopened = await decryptWithLabel(suite, keyPair, label, fromHex(context), own);
    expect(reopened && toHex(reopened)).toBe(plaintext);
    expect(await decryptWithLabel(suite, keyPair, `${label}!`, fromHex(context), own)).toBeUndefined();
  });
});
