import { encode } from 'ts-mls/codec/tlsEncoder.js';
import { decryptWithLabel } from 'ts-mls/crypto/hpke.js';
import { groupContextEncoder } from 'ts-mls/groupContext.js';
import { describe, expect, test } from 'vitest';
import { decodeMessage } from '../src/codec.ts';
import { unwrap } from '../src/group-state.ts';
import { suite1Hpke } from '../src/hpke.ts';
import { Directory, names } from './directory.ts';
import { Room } from './room.ts';

describe('the ratchet tree', () => {
  // ts-mls 1.6.4 unpatched refuses this valid tree: its unmerged leaves lie in two subtrees (RFC 9420 §7.9.2).
  test('with unmerged leaves in different subtrees can be joined', async () => {
    const directory = new Directory();
    const all = await directory.devices('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i');
    const [x, y, z] = await directory.devices('x', 'y', 'z');
    const [a, b, , , , , g] = all;
    const room = await Room.create(a);
    for (const device of all.slice(1)) await room.joinExternal(device);
    expect(room.leafOf(b)).toBe(1);
    expect(room.leafOf(g)).toBe(6);
    await room.remove(a, b);
    await room.remove(a, g);
    await room.add(a, x);
    await room.add(a, y);
    await room.joinExternal(z);
    await room.say(y, 'all here');
    await room.say(z, 'me too');
  });

  test('gives a removed member no ciphertext that it could open', async () => {
    const directory = new Directory();
    const all = await directory.devices('a', 'b', 'c', 'd', 'e');
    const [a, b, c, , e] = all;
    const room = await Room.create(a);
    await room.add(a, ...all.slice(1));
    for (const device of all) await room.update(device);
    for (const [author, gone] of [
      [a, b],
      [a, c],
    ] as const) {
      const last = unwrap(room.state(gone));
      const stays = unwrap(room.state(e));
      const { commit, state } = await room.remove(author, gone);
      const { content } = decodeMessage(commit, 'mls_public_message').publicMessage;
      if (content.contentType !== 'commit' || content.commit.path === undefined) throw new Error('no path');
      const next = unwrap(state).groupContext;
      // The context under which path secrets are sealed: the new epoch and tree, the old transcript (RFC 9420 §7.6).
      const info = encode(groupContextEncoder)({ ...last.groupContext, epoch: next.epoch, treeHash: next.treeHash });
      const open = async (raw: Uint8Array, sealed: { kemOutput: Uint8Array; ciphertext: Uint8Array }) => {
        const key = await suite1Hpke.importPrivateKey(raw);
        return decryptWithLabel(key, 'UpdatePathNode', info, sealed.kemOutput, sealed.ciphertext, suite1Hpke);
      };
      const sealed = content.commit.path.nodes.flatMap(({ encryptedPathSecret }) => encryptedPathSecret);
      expect(sealed.length).toBeGreaterThan(0);
      for (const one of sealed) {
        for (const key of Object.values(last.privatePath.privateKeys)) await expect(open(key, one)).rejects.toThrow();
      }
      // The same attempt by one who stays succeeds, so that the failures above mean something.
      const attempts = sealed.flatMap((one) =>
        Object.values(stays.privatePath.privateKeys).map((key) => open(key, one)),
      );
      const opened = (await Promise.allSettled(attempts)).filter(({ status }) => status === 'fulfilled');
      expect(opened.length).toBe(1);
    }
    expect(names([...room.states.keys()])).toEqual(['a', 'd', 'e']);
  });

  test('forgets the private keys of blank nodes, former epochs and ratchets of inner nodes', async () => {
    const directory = new Directory();
    const all = await directory.devices('a', 'b', 'c', 'd', 'e', 'f');
    const [a, , , , , f] = all;
    const room = await Room.create(a);
    await room.add(a, ...all.slice(1));
    for (const device of all) await room.update(device);
    await room.remove(a, f);
    for (const state of room.states.values()) {
      const inner = unwrap(state);
      expect(inner.historicalReceiverData.size).toBe(0);
      for (const index of Object.keys(inner.privatePath.privateKeys))
        expect(inner.ratchetTree[Number(index)]).toBeDefined();
      for (const [index, node] of inner.secretTree.entries()) {
        expect(node.application.secret.length).toBe(index % 2 === 0 ? 32 : 0);
      }
    }
  });
});
