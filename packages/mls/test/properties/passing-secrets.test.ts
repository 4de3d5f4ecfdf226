import { beforeEach, describe, expect, it } from 'vitest';
import { textBytes } from '../../src/codec/bytes.ts';
import type { CipherSuite, Hash } from '../../src/crypto/cipher-suite.ts';
import { suite1 } from '../../src/crypto/suites.ts';
import { dhkemX25519 } from '../../src/crypto/x25519.ts';
import { encryptApplication } from '../../src/group/application.ts';
import { createCommit } from '../../src/group/create-commit.ts';
import { createGroupInfo } from '../../src/group/group-info.ts';
import { joinExternal } from '../../src/group/join-external.ts';
import { joinFromWelcome } from '../../src/group/join-welcome.ts';
import { generateKeyPackage } from '../../src/group/key-package.ts';
import { processMessage } from '../../src/group/process-message.ts';
import type { GroupState } from '../../src/group/state.ts';
import { decodeMlsMessage } from '../../src/messages/mls-message.ts';
import { proposalTypes, wireFormats } from '../../src/messages/numbers.ts';
import { clientNamed, type Member } from '../flows/members.ts';
import { isWiped, secretBytes } from '../support/reachable.ts';
import { room } from '../support/specimens.ts';

/** All that was derived, by the label it was derived with. */
const derived: { label: string; bytes: Uint8Array }[] = [];

const readable = (info: Uint8Array) =>
  Buffer.from(info)
    .toString('latin1')
    .replace(/[^\w .-]+/g, '|');

const noting: Hash = {
  ...suite1.hash,
  extract(salt, keyMaterial) {
    const bytes = suite1.hash.extract(salt, keyMaterial);
    derived.push({ label: readable(keyMaterial), bytes });
    return bytes;
  },
  expand(key, info, length) {
    const bytes = suite1.hash.expand(key, info, length);
    derived.push({ label: readable(info), bytes });
    return bytes;
  },
};

const suite: CipherSuite = { ...suite1, hash: noting, kem: dhkemX25519(noting) };

/** Of no use to anybody: nonces, hashes of public values, the epoch authenticator. */
const notSecret = /psk_id_hash|info_hash|base_nonce|MLS 1\.0 nonce|MLS 1\.0 authentication/;

/** What is neither in a state that lives on nor wiped: it lies about until the memory is used again. */
function leftBehind(...live: GroupState[]): string[] {
  const kept = new Set(live.flatMap((state) => [...secretBytes(state)]));
  return derived
    .filter(({ label, bytes }) => !kept.has(bytes) && !isWiped(bytes) && !notSecret.test(label))
    .map(({ label }) => label);
}

describe('secrets that no state holds are wiped by the operation that made them', () => {
  let a: Member;
  let b: Member;
  beforeEach(async () => {
    const [first, second] = await room();
    a = first;
    b = { client: { ...second.client, suite }, state: { ...second.state, suite } } as Member;
    derived.length = 0;
  });

  async function receive(message: Uint8Array): Promise<GroupState> {
    return (await processMessage(b.client, b.state, decodeMlsMessage(message))).state;
  }

  it('receiving a commit with a path', async () => {
    const { commit } = await createCommit(a.client, a.state, { path: true });
    expect(leftBehind(await receive(commit))).toEqual([]);
  });

  it('receiving a private commit', async () => {
    const { commit } = await createCommit(a.client, a.state, { path: true, format: 'private' });
    expect(leftBehind(await receive(commit), b.state)).toEqual([]);
  });

  it('receiving an external commit', async () => {
    const groupInfo = await createGroupInfo(a.client, a.state);
    const { commit } = await joinExternal(await clientNamed('x'), groupInfo);
    expect(leftBehind(await receive(commit))).toEqual([]);
  });

  it('sending and receiving messages', async () => {
    const { message } = await encryptApplication(a.client, a.state, textBytes('hello'));
    const received = await receive(message);
    expect(leftBehind(received, b.state)).toEqual([]);
    const sent = await encryptApplication(b.client, received, textBytes('hello'));
    expect(leftBehind(sent.state, received, b.state)).toEqual([]);
  });

  it('committing, with a Welcome, and joining by it', async () => {
    const client = await clientNamed('x');
    const own = await generateKeyPackage(client);
    const add = { type: proposalTypes.add, keyPackage: own.keyPackage } as const;
    const { state, welcome } = await createCommit(b.client, b.state, { path: true, proposals: [add] });
    expect(leftBehind(state)).toEqual([]);
    const message = decodeMlsMessage(welcome ?? new Uint8Array());
    if (message.wireFormat !== wireFormats.welcome) throw new Error('no Welcome');
    derived.length = 0;
    expect(leftBehind(await joinFromWelcome({ ...client, suite }, message.welcome, own))).toEqual([]);
  });

  it('joining from outside', async () => {
    const groupInfo = await createGroupInfo(a.client, a.state);
    const { state } = await joinExternal({ ...(await clientNamed('x')), suite }, groupInfo);
    expect(leftBehind(state)).toEqual([]);
  });

  it('the watch would notice', () => {
    noting.expand(new Uint8Array(32), textBytes('a secret'), 32);
    expect(leftBehind(b.state)).toEqual(['a secret']);
  });
});
