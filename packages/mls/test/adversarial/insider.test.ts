import { describe, expect, it } from 'vitest';
import { type Bytes, copyBytes } from '../../src/codec/bytes.ts';
import { decode } from '../../src/codec/reader.ts';
import { encode } from '../../src/codec/writer.ts';
import { encryptWithLabel, signWithLabel } from '../../src/crypto/labels.ts';
import { joinExternal } from '../../src/group/join-external.ts';
import { joinFromWelcome } from '../../src/group/join-welcome.ts';
import { processMessage } from '../../src/group/process-message.ts';
import type { Extension } from '../../src/messages/extension.ts';
import { type AuthenticatedContent, readFramedContent } from '../../src/messages/framed-content.ts';
import { type GroupInfo, readGroupInfo, writeGroupInfo } from '../../src/messages/group-info.ts';
import { decodeMlsMessage } from '../../src/messages/mls-message.ts';
import { senderTypes, wireFormats } from '../../src/messages/numbers.ts';
import { writeGroupSecrets } from '../../src/messages/welcome.ts';
import { clientNamed, newcomer } from '../flows/members.ts';
import { forgedPrivate, forgedPublic } from '../support/hostile.ts';
import { forgedGroup, forgedWelcome, treeOfTwo } from '../support/hostile-groups.ts';
import { costlyStride, cuts, flips } from '../support/mutations.ts';
import { expectRefused, outcomeOf } from '../support/refusal.ts';
import { snapshot } from '../support/snapshot.ts';
import { commitMakers, messageMakers, type Room, room } from '../support/specimens.ts';

/** A member changes bytes of a valid message and signs it again: nothing is stopped at the door any more. */

async function publicContent(make: (members: Room) => Promise<Bytes>, members: Room): Promise<AuthenticatedContent> {
  const message = decodeMlsMessage(await make(members));
  if (message.wireFormat !== wireFormats.publicMessage) throw new Error('not public');
  return message.publicMessage.content;
}

const publicCommits = Object.entries(commitMakers).filter(
  ([name]) => !['private', 'external', 'resync'].includes(name),
);

describe.each(['public', 'private'] as const)('%s commits, signed again', (format) => {
  it.each(publicCommits)('%s', async (_, make) => {
    const members = await room();
    const [a, { client, state }] = members;
    const { framedBytes, confirmationTag } = await publicContent(make, members);
    const before = snapshot(state);
    for (const { what, bytes } of flips(framedBytes, costlyStride)) {
      let content: AuthenticatedContent['framed'];
      try {
        content = decode(copyBytes(bytes), readFramedContent);
      } catch {
        continue; // the decoders have a test of their own
      }
      if (content.sender.type !== senderTypes.member) continue;
      await expectRefused(what, async () => {
        const forgery = { epoch: content.epoch, groupId: content.groupId, sender: content.sender };
        const message =
          format === 'public'
            ? await forgedPublic(a, content.content, { ...forgery, ...(confirmationTag && { confirmationTag }) })
            : await forgedPrivate(a, content.content, confirmationTag);
        const processed = await processMessage(client, state, message);
        // A member can always remove another.
        if (processed.kind === 'commit' && processed.removedSelf)
          await processMessage(client, processed.state, message);
      });
    }
    expect(snapshot(state)).toBe(before);
  });
});

describe('proposals, signed again', () => {
  it.each(Object.entries(messageMakers).filter(([name]) => name !== 'application' && name !== 'private proposal'))(
    '%s: kept or refused',
    async (_, make) => {
      const members = await room();
      const [a, { client, state }] = members;
      const { framedBytes } = await publicContent(make, members);
      for (const { what, bytes } of flips(framedBytes, costlyStride)) {
        const outcome = await outcomeOf(what, async () => {
          const { content, sender, epoch, groupId } = decode(copyBytes(bytes), readFramedContent);
          await processMessage(client, state, await forgedPublic(a, content, { sender, epoch, groupId }));
        });
        expect(['accepted', 'refused']).toContain(outcome);
      }
    },
  );
});

async function resigned(bytes: Bytes, signer: CryptoKey): Promise<GroupInfo> {
  const decoded = decode(new Uint8Array([...bytes, 0]), readGroupInfo);
  const { signedPart } = decoded;
  const client = await clientNamed('anybody');
  return { ...decoded, signature: await signWithLabel(client.suite, signer, 'GroupInfoTBS', signedPart) };
}

it('group infos, signed again: joined or refused', async () => {
  const founder = await clientNamed('founder');
  const { own } = await newcomer('x');
  const { groupInfo } = await forgedGroup(founder, await treeOfTwo(founder, own.keyPackage.leafNode));
  const stranger = await clientNamed('stranger');
  const outcomes = { accepted: 0, refused: 0 };
  for (const { what, bytes } of flips(groupInfo.signedPart, costlyStride)) {
    const outcome = await outcomeOf(what, async () =>
      joinExternal(stranger, await resigned(bytes, founder.signer.privateKey)),
    );
    if (typeof outcome === 'object') throw new Error(outcome.what, { cause: outcome.error });
    outcomes[outcome]++;
  }
  // What nobody outside can know: the transcript, the tag, the epoch, some lengths of life.
  expect(outcomes.refused).toBeGreaterThan(outcomes.accepted);
});

it('Welcomes with another group info, signed again: refused', async () => {
  const founder = await clientNamed('founder');
  const { client, own } = await newcomer('x');
  // `external_pub` is nothing that a newcomer can check.
  const extensions = (usual: Extension[]) => usual.slice(1);
  const forged = await forgedGroup(founder, await treeOfTwo(founder, own.keyPackage.leafNode), { extensions });
  for (const { what, bytes } of flips(forged.groupInfo.signedPart, costlyStride)) {
    await expectRefused(what, async () => {
      const groupInfo = await resigned(bytes, founder.signer.privateKey);
      return joinFromWelcome(client, await forgedWelcome(founder, { ...forged, groupInfo }, own), own);
    });
  }
  await joinFromWelcome(client, await forgedWelcome(founder, forged, own), own);
});

it('Welcomes with other group secrets: refused', async () => {
  const founder = await clientNamed('founder');
  const { client, own } = await newcomer('x');
  const forged = await forgedGroup(founder, await treeOfTwo(founder, own.keyPackage.leafNode));
  const welcome = await forgedWelcome(founder, forged, own);
  const { joinerSecret, psks } = forged;
  const original = encode({ joinerSecret, pathSecret: undefined, psks }, writeGroupSecrets);
  for (const mutation of [flips(original, costlyStride), cuts(original.subarray(0, 40))]) {
    for (const { what, bytes } of mutation) {
      const [entry] = welcome.secrets;
      if (entry === undefined) throw new Error('no entry');
      const { initKey } = own.keyPackage;
      const context = welcome.encryptedGroupInfo;
      const encryptedGroupSecrets = await encryptWithLabel(founder.suite, initKey, 'Welcome', context, bytes);
      const changed = { ...welcome, secrets: [{ ...entry, encryptedGroupSecrets }] };
      await expectRefused(what, () => joinFromWelcome(client, changed, own));
    }
  }
});

it('group infos of every length: refused', async () => {
  const founder = await clientNamed('founder');
  const tree = await treeOfTwo(founder, (await newcomer('x')).own.keyPackage.leafNode);
  const { groupInfo } = await forgedGroup(founder, tree);
  for (const { what, bytes } of cuts(encode(groupInfo, writeGroupInfo))) {
    await expectRefused(what, () => decode(bytes, readGroupInfo));
  }
});
