import { describe, expect, it } from 'vitest';
import { noBytes } from '../../src/codec/bytes.ts';
import { deriveSecret, expandWithLabel } from '../../src/crypto/labels.ts';
import { cipherSuite } from '../../src/crypto/suites.ts';
import {
  epochFromJoiner,
  exportSecretOf,
  externalKeyPair,
  joinerSecretOf,
  receiveExternalInit,
  sendExternalInit,
  welcomeKeyOf,
} from '../../src/schedule/key-schedule.ts';
import { fromHex, loadVectors, plainContext, type SuiteVector, toHex } from './load.ts';

interface EpochVector {
  readonly tree_hash: string;
  readonly commit_secret: string;
  readonly psk_secret: string;
  readonly confirmed_transcript_hash: string;
  readonly group_context: string;
  readonly joiner_secret: string;
  readonly welcome_secret: string;
  readonly init_secret: string;
  readonly sender_data_secret: string;
  readonly encryption_secret: string;
  readonly exporter_secret: string;
  readonly epoch_authenticator: string;
  readonly external_secret: string;
  readonly confirmation_key: string;
  readonly membership_key: string;
  readonly resumption_psk: string;
  readonly external_pub: string;
  readonly exporter: { label: string; context: string; length: number; secret: string };
}

interface Vector extends SuiteVector {
  readonly group_id: string;
  readonly initial_init_secret: string;
  readonly epochs: EpochVector[];
}

describe.each(loadVectors<Vector>('key-schedule.json'))('key-schedule case %i', (_, vector) => {
  const suite = cipherSuite(vector.cipher_suite);
  const { hash } = suite;

  it.each(vector.epochs.map((epoch, index) => [index, epoch] as const))('epoch %i', async (index, epoch) => {
    const { contextBytes } = plainContext({ ...vector, ...epoch }, index);
    expect(toHex(contextBytes)).toBe(epoch.group_context);

    const initSecret = fromHex(vector.epochs[index - 1]?.init_secret ?? vector.initial_init_secret);
    const pskSecret = fromHex(epoch.psk_secret);
    const joinerSecret = joinerSecretOf(hash, initSecret, fromHex(epoch.commit_secret), contextBytes);
    expect(toHex(joinerSecret)).toBe(epoch.joiner_secret);

    const welcomeSecret = deriveSecret(hash, hash.extract(joinerSecret, pskSecret), 'welcome');
    expect(toHex(welcomeSecret)).toBe(epoch.welcome_secret);
    const welcomeKey = welcomeKeyOf(suite, joinerSecret, pskSecret);
    const ofWelcome = (label: string, length: number) => expandWithLabel(hash, welcomeSecret, label, noBytes, length);
    expect(toHex(welcomeKey.key)).toBe(toHex(ofWelcome('key', suite.aead.keyBytes)));
    expect(toHex(welcomeKey.nonce)).toBe(toHex(ofWelcome('nonce', suite.aead.nonceBytes)));

    const { secrets, encryptionSecret } = epochFromJoiner(hash, joinerSecret, pskSecret, contextBytes);
    expect(toHex(encryptionSecret)).toBe(epoch.encryption_secret);
    expect(Object.fromEntries(Object.entries(secrets).map(([name, secret]) => [name, toHex(secret)]))).toEqual({
      senderDataSecret: epoch.sender_data_secret,
      exporterSecret: epoch.exporter_secret,
      externalSecret: epoch.external_secret,
      confirmationKey: epoch.confirmation_key,
      membershipKey: epoch.membership_key,
      resumptionPsk: epoch.resumption_psk,
      epochAuthenticator: epoch.epoch_authenticator,
      initSecret: epoch.init_secret,
    });

    const external = await externalKeyPair(suite, secrets);
    expect(toHex(external.publicKey)).toBe(epoch.external_pub);
    const sent = await sendExternalInit(suite, external.publicKey);
    const received = await receiveExternalInit(suite, secrets, sent.kemOutput);
    expect(received && toHex(received)).toBe(toHex(sent.initSecret));

    const { label, context, length, secret } = epoch.exporter;
    expect(toHex(exportSecretOf(hash, secrets, label, fromHex(context), length))).toBe(secret);
  });
});
