import { readFileSync } from 'node:fs';
import { type ClientState, joinGroup, makePskIndex } from 'ts-mls/clientState.js';
import { decodeMlsMessage } from 'ts-mls/message.js';
import { processMessage } from 'ts-mls/processMessages.js';
import type { PskIndex } from 'ts-mls/pskIndex.js';
import { decodeRatchetTree } from 'ts-mls/ratchetTree.js';
import { describe, expect, test } from 'vitest';
import { makeSuite } from '../src/cipher-suite.ts';
import { makeClientConfig } from '../src/client-config.ts';
import { settle } from '../src/settle.ts';
import { makeSignature } from '../src/signature.ts';
import { hex } from './directory.ts';

interface Vector {
  cipher_suite: number;
  external_psks: { psk_id: string; psk: string }[];
  key_package: string;
  encryption_priv: string;
  init_priv: string;
  welcome: string;
  ratchet_tree: string | null;
  initial_epoch_authenticator: string;
  epochs: { proposals: string[]; commit: string; epoch_authenticator: string }[];
}

// The suite and the configuration are the engine's own. Its commit policy is not: the vectors have PSKs, proposals by reference
// and private commits, which it refuses. Only here does an authentication service accept everybody: the vectors' are random.
const suite = makeSuite(makeSignature());
const config = makeClientConfig({ validate: async () => true });

const fromHex = (value: string) => new Uint8Array(Buffer.from(value, 'hex'));

function message(value: string) {
  const decoded = decodeMlsMessage(fromHex(value), 0);
  if (decoded === undefined) throw new Error('undecodable vector');
  return decoded[0];
}

function handshake(value: string) {
  const decoded = message(value);
  if (decoded.wireformat !== 'mls_public_message' && decoded.wireformat !== 'mls_private_message') throw new Error();
  return decoded;
}

/** The vectors prove knowledge of former epochs by resumption PSKs (RFC 9420 §8.6). The engine keeps none; this test does. */
function rememberPsks(external: Record<string, Uint8Array>): { learn(state: ClientState): void; index: PskIndex } {
  const resumption = new Map<bigint, Uint8Array>();
  const { findPsk } = makePskIndex(undefined, external);
  return {
    learn: ({ groupContext, keySchedule }) => resumption.set(groupContext.epoch, keySchedule.resumptionPsk),
    index: { findPsk: (id) => (id.psktype === 'resumption' ? resumption.get(id.pskEpoch) : findPsk(id)) },
  };
}

async function join(vector: Vector, psks: Record<string, Uint8Array>): Promise<ClientState> {
  const keyPackage = message(vector.key_package);
  const welcome = message(vector.welcome);
  if (keyPackage.wireformat !== 'mls_key_package' || welcome.wireformat !== 'mls_welcome') throw new Error();
  const secret = {
    initPrivateKey: fromHex(vector.init_priv),
    hpkePrivateKey: fromHex(vector.encryption_priv),
    signaturePrivateKey: new Uint8Array(),
  };
  const tree = vector.ratchet_tree === null ? undefined : decodeRatchetTree(fromHex(vector.ratchet_tree), 0)?.[0];
  const search = makePskIndex(undefined, psks);
  return joinGroup(welcome.welcome, keyPackage.keyPackage, secret, search, suite, tree, undefined, config);
}

describe.each(['passive-client-welcome', 'passive-client-handling-commit'])('%s', (file) => {
  const vectors: Vector[] = JSON.parse(readFileSync(new URL(`../test-data/${file}.json`, import.meta.url), 'utf8'));

  test.each(vectors.map((vector, index) => [index, vector] as const))('case %i', async (_index, vector) => {
    expect(vector.cipher_suite).toBe(1);
    const psks: Record<string, Uint8Array> = {};
    for (const { psk_id, psk } of vector.external_psks)
      psks[Buffer.from(psk_id, 'hex').toString('base64')] = fromHex(psk);
    let state = settle(await join(vector, psks));
    const known = rememberPsks(psks);
    known.learn(state);
    expect(hex(state.keySchedule.epochAuthenticator)).toBe(vector.initial_epoch_authenticator);
    for (const { proposals, commit, epoch_authenticator } of vector.epochs) {
      for (const value of [...proposals, commit]) {
        const result = await processMessage(handshake(value), state, known.index, () => 'accept', suite);
        if (result.kind !== 'newState') throw new Error('an application message');
        state = result.newState;
      }
      state = settle(state);
      known.learn(state);
      expect(hex(state.keySchedule.epochAuthenticator)).toBe(epoch_authenticator);
    }
  });
});
