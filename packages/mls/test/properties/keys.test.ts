import { expect, it } from 'vitest';
import type { Aead, CipherSuite } from '../../src/crypto/cipher-suite.ts';
import { suite1 } from '../../src/crypto/suites.ts';
import { MlsError } from '../../src/errors.ts';
import { createCommit } from '../../src/group/create-commit.ts';
import { proposalTypes, pskTypes } from '../../src/messages/numbers.ts';
import { clientNamed, groupOf } from '../flows/members.ts';
import { History } from '../support/history.ts';
import { forgedAdd } from '../support/hostile-key-packages.ts';
import { seededRandom, seedsFrom } from '../support/random.ts';
import { toHex } from '../vectors/load.ts';

interface Sealing {
  readonly key: string;
  /** Nonce, associated data and plaintext: whatever of these differs makes another ciphertext. */
  readonly rest: string;
}

/** Notes what is sealed. */
function watched(aead: Aead): { aead: Aead; sealed: Sealing[] } {
  const sealed: Sealing[] = [];
  return {
    sealed,
    aead: {
      ...aead,
      seal(key, nonce, associatedData, plaintext) {
        sealed.push({ key: toHex(key), rest: [nonce, associatedData, plaintext].map(toHex).join(' ') });
        return aead.seal(key, nonce, associatedData, plaintext);
      },
    },
  };
}

/** Keys under which two different things were sealed. */
function reused(sealed: readonly Sealing[]): Sealing[] {
  const first = new Map<string, string>();
  return sealed.filter(({ key, rest }) => {
    const known = first.get(key) ?? rest;
    first.set(key, known);
    return known !== rest;
  });
}

/**
 * All members of all histories share one notebook, so that a key which two of them derive is seen too. No key is used for two
 * messages, not even with another nonce: RFC 9420 §6.3.1 has the reuse guard for those whose state was rolled back. What is allowed
 * is the same ciphertext again: a commit without a path that is made again from the same state has the same Welcome.
 */
it('no key seals two things: messages, sender data, paths, Welcomes, lost commits', async () => {
  const { aead, sealed } = watched(suite1.aead);
  const suite: CipherSuite = { ...suite1, aead };
  for (const seed of seedsFrom(11, 3)) {
    const history = await History.begin(seededRandom(seed), {}, (name) => clientNamed(name, { suite }));
    await history.add(6);
    for (let i = 0; i < 40; i++) await history.step(16);
  }
  expect(sealed.length).toBeGreaterThan(500);
  expect(reused(sealed)).toEqual([]);
});

it('a failed operation has sealed nothing that its repetition seals again', async () => {
  const { aead, sealed } = watched(suite1.aead);
  const suite: CipherSuite = { ...suite1, aead };
  const [founder] = await groupOf(['a']);
  if (founder === undefined) throw new Error('no group');
  const client = { ...founder.client, suite };
  const state = { ...founder.state, suite };
  const bad = await forgedAdd(await clientNamed('x'), { initKey: new Uint8Array(32) });
  const good = await forgedAdd(await clientNamed('y'));
  for (const proposals of [[bad], [good, bad], [good, good]]) {
    await expect(createCommit(client, state, { proposals, format: 'private' })).rejects.toBeInstanceOf(MlsError);
  }
  const refusing = {
    ...client,
    policy: {
      checkCommit: () => {
        throw new MlsError('policy', 'no');
      },
    },
  };
  await expect(createCommit(refusing, state, { path: true, format: 'private' })).rejects.toMatchObject({
    code: 'policy',
  });
  const psk = { type: pskTypes.external, id: new Uint8Array(3), nonce: new Uint8Array(32) } as const;
  const unknown = [{ type: proposalTypes.preSharedKey, psk }] as const;
  await expect(createCommit(client, state, { proposals: unknown, format: 'private' })).rejects.toMatchObject({
    code: 'unknown_psk',
  });
  expect(sealed).toEqual([]);
  await createCommit(client, state, { proposals: [good], format: 'private' });
  expect(sealed).toHaveLength(4); // the commit, its sender data, group info and group secrets
});

it('the watch would notice', async () => {
  const { aead, sealed } = watched(suite1.aead);
  const key = new Uint8Array(16);
  for (const nonce of [new Uint8Array(12), new Uint8Array(12).fill(1)]) await aead.seal(key, nonce, key, key);
  expect(reused(sealed)).toHaveLength(1);
});
