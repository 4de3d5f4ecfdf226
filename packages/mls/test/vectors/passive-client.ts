import { expect } from 'vitest';
import { cipherSuite } from '../../src/crypto/suites.ts';
import type { MlsClient } from '../../src/group/client.ts';
import { joinFromWelcome } from '../../src/group/join-welcome.ts';
import type { OwnedKeyPackage } from '../../src/group/key-package.ts';
import { processMessage } from '../../src/group/process-message.ts';
import { epochAuthenticatorOf, type GroupState } from '../../src/group/state.ts';
import { verifyHere } from '../../src/group/verify-signatures.ts';
import { limits } from '../../src/limits.ts';
import { decodeMlsMessage } from '../../src/messages/mls-message.ts';
import { wireFormats } from '../../src/messages/numbers.ts';
import { fromHex, importSeed, publicKeyOfSeed, type SuiteVector, toHex } from './load.ts';

/** A passive client's scenario: `test-vectors.md`, "Passive Client Scenarios". */
export interface PassiveVector extends SuiteVector {
  readonly external_psks: readonly { readonly psk_id: string; readonly psk: string }[];
  readonly key_package: string;
  readonly signature_priv: string;
  readonly encryption_priv: string;
  readonly init_priv: string;
  readonly welcome: string;
  readonly ratchet_tree: string | null;
  readonly initial_epoch_authenticator: string;
  readonly epochs: readonly {
    readonly proposals: readonly string[];
    readonly commit: string;
    readonly epoch_authenticator: string;
  }[];
}

/** More than any vector has. */
const allEpochs = 10_000;

async function ownedKeyPackage(vector: PassiveVector): Promise<OwnedKeyPackage> {
  const { kem } = cipherSuite(vector.cipher_suite);
  const message = decodeMlsMessage(fromHex(vector.key_package));
  if (message.wireFormat !== wireFormats.keyPackage) throw new Error('no key package');
  const { keyPackage } = message;
  const keyPair = async (privateHex: string) => {
    const privateKey = fromHex(privateHex);
    return { privateKey, publicKey: await kem.publicKeyOf(privateKey) };
  };
  const [initKeys, leafKeys] = await Promise.all([keyPair(vector.init_priv), keyPair(vector.encryption_priv)]);
  return { keyPackage, initKeys, leafKeys };
}

async function clientOf(vector: PassiveVector, { keyPackage }: OwnedKeyPackage): Promise<MlsClient> {
  const { credential, signatureKey, capabilities, extensions } = keyPackage.leafNode;
  const psks = new Map(vector.external_psks.map(({ psk_id, psk }) => [psk_id, fromHex(psk)]));
  return {
    suite: cipherSuite(vector.cipher_suite),
    credential,
    signer: { publicKey: signatureKey, privateKey: await importSeed(vector.signature_priv) },
    capabilities,
    leafExtensions: extensions,
    // Only here is everyone accepted: the identities of the vectors are random.
    authentication: { validate: async () => true },
    psks: async (id) => psks.get(toHex(id)),
    policy: undefined,
    verifySignatures: verifyHere,
    pastEpochs: 3,
    skippedKeys: limits.skippedKeys,
    resumptionPsks: allEpochs,
    now: () => BigInt(Math.floor(Date.now() / 1000)),
    lifetime: { before: 3_600n, after: 3_600n },
  };
}

async function join(vector: PassiveVector, client: MlsClient, own: OwnedKeyPackage): Promise<GroupState> {
  const message = decodeMlsMessage(fromHex(vector.welcome));
  if (message.wireFormat !== wireFormats.welcome) throw new Error('no Welcome');
  const tree = vector.ratchet_tree === null ? {} : { tree: fromHex(vector.ratchet_tree) };
  return joinFromWelcome(client, message.welcome, own, tree);
}

/** Joins, follows all commits, and compares the epoch authenticators on the way. */
export async function followPassively(vector: PassiveVector): Promise<void> {
  const own = await ownedKeyPackage(vector);
  const { initKey, leafNode } = own.keyPackage;
  expect(await publicKeyOfSeed(vector.signature_priv)).toBe(toHex(leafNode.signatureKey));
  expect(toHex(own.leafKeys.publicKey)).toBe(toHex(leafNode.encryptionKey));
  expect(toHex(own.initKeys.publicKey)).toBe(toHex(initKey));

  const client = await clientOf(vector, own);
  let state = await join(vector, client, own);
  expect(toHex(epochAuthenticatorOf(state))).toBe(vector.initial_epoch_authenticator);

  for (const { proposals, commit, epoch_authenticator } of vector.epochs) {
    for (const hex of proposals) {
      const processed = await processMessage(client, state, decodeMlsMessage(fromHex(hex)));
      expect(processed.kind).toBe('proposal');
      ({ state } = processed);
    }
    const processed = await processMessage(client, state, decodeMlsMessage(fromHex(commit)));
    expect(processed.kind).toBe('commit');
    ({ state } = processed);
    expect(toHex(epochAuthenticatorOf(state))).toBe(epoch_authenticator);
  }
}
