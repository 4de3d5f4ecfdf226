import { describe, expect, it } from 'vitest';
import type { Bytes } from '../../src/codec/bytes.ts';
import { createCommit } from '../../src/group/create-commit.ts';
import { createGroupInfo } from '../../src/group/group-info.ts';
import { applySplices, createGroupInfoPatch, createGroupInfoPatchFrom } from '../../src/group/group-info-patch.ts';
import { joinExternal } from '../../src/group/join-external.ts';
import type { GroupState } from '../../src/group/state.ts';
import { encodeMlsMessage } from '../../src/messages/mls-message.ts';
import { wireFormats } from '../../src/messages/numbers.ts';
import { decodeTree } from '../../src/tree/encode-tree.ts';
import { clientNamed, groupOf, type Member, newcomer } from '../flows/members.ts';
import { History } from '../support/history.ts';
import { forgedGroup, treeOfTwo } from '../support/hostile-groups.ts';
import { oneOf, seededRandom, seedsFrom } from '../support/random.ts';

async function groupInfoOf({ client, state }: Member): Promise<Bytes> {
  return encodeMlsMessage({ wireFormat: wireFormats.groupInfo, groupInfo: await createGroupInfo(client, state) });
}

describe('group info patches', () => {
  it.each(seedsFrom(51, 3))(
    'history %i: a patch of the old group info, whoever signed it, is the new one',
    async (seed) => {
      const random = seededRandom(seed);
      let patches = 0;
      const watcher = {
        async stepped(member: Member, before: GroupState | undefined) {
          if (before === undefined || before.context.epoch + 1n !== member.state.context.epoch) return;
          if (member.state.status !== 'active') return;
          const author = { client: member.client, state: before } as Member;
          const published = await groupInfoOf(author);
          const { splices, hash } = await createGroupInfoPatch(member.client, before, member.state);
          const patched = applySplices(published, splices);
          expect(patched).toEqual(await groupInfoOf(member));
          expect(hash).toEqual(member.state.suite.hash.digest(patched));
          patches++;
        },
      };
      const history = await History.begin(random, watcher);
      await history.add(6);
      for (let i = 0; i < 25; i++) await history.step(20);
      expect(patches).toBeGreaterThan(20);
    },
  );

  it.each(seedsFrom(61, 2))('history %i: a chain of patches, each on top of the last', async (seed) => {
    const random = seededRandom(seed);
    const members = await groupOf(Array.from({ length: 9 }, (_, i) => `member ${i}`));
    let published = await groupInfoOf(members[0] as Member);
    for (let i = 0; i < 12; i++) {
      const author = oneOf(random, members);
      const others = members.filter((member) => member !== author);
      const { commit, state } = await createCommit(author.client, author.state, { path: true });
      const { splices } = await createGroupInfoPatch(author.client, author.state, state);
      published = applySplices(published, splices);
      for (const other of others) await other.receive(commit);
      author.state = state;
      expect(published).toEqual(await groupInfoOf(author));
      // The patch is the smaller way.
      expect(splices.reduce((sum, { insert }) => sum + insert.length, 0)).toBeLessThan(published.length * 0.7);
    }
  });

  it('of one who joins from outside, also where another implementation made the group info', async () => {
    const founder = await clientNamed('founder');
    const stranger = await clientNamed('stranger');
    const tree = await treeOfTwo(founder, (await newcomer('x')).own.keyPackage.leafNode);
    for (const reversed of [false, true]) {
      const { groupInfo } = await forgedGroup(founder, tree, {
        extensions: (usual) => (reversed ? usual.reverse() : usual),
      });
      const message = encodeMlsMessage({ wireFormat: wireFormats.groupInfo, groupInfo });
      const { state } = await joinExternal(stranger, groupInfo);
      const former = {
        message,
        groupInfo,
        tree: decodeTree(groupInfo.extensions.find(({ type }) => type === 2)?.data as Bytes),
      };
      const { splices } = await createGroupInfoPatchFrom(stranger, former, state);
      expect(applySplices(message, splices)).toEqual(await groupInfoOf({ client: stranger, state } as Member));
    }
  });

  it('a patch that does not fit is refused', () => {
    const before = new Uint8Array(10);
    const insert = new Uint8Array(1);
    for (const splices of [
      [{ offset: 11, remove: 0, insert }],
      [{ offset: 5, remove: 6, insert }],
      [{ offset: 5, remove: -1, insert }],
      [{ offset: -1, remove: 0, insert }],
      [{ offset: Number.NaN, remove: 0, insert }],
      [
        { offset: 5, remove: 2, insert },
        { offset: 6, remove: 1, insert },
      ],
    ]) {
      expect(() => applySplices(before, splices)).toThrow(expect.objectContaining({ code: 'malformed' }));
    }
  });
});
