import { describe, expect, it } from 'vitest';
import { type Bytes, textBytes } from '../../src/codec/bytes.ts';
import { encryptApplication } from '../../src/group/application.ts';
import { propose } from '../../src/group/propose.ts';
import { leafCountOf } from '../../src/group/state.ts';
import { limits } from '../../src/limits.ts';
import { nextKey } from '../../src/schedule/ratchet.ts';
import { beginSecretLeaf, secretLeafAt, withSecretLeaf } from '../../src/schedule/secret-tree.ts';
import { commit, groupOf, type Member } from '../flows/members.ts';
import { below, seededRandom, seedsFrom } from '../support/random.ts';
import { snapshot } from '../support/snapshot.ts';

type Two = [Member, Member, Member];

async function says(from: Member, text: string): Promise<Bytes> {
  const { message, state } = await encryptApplication(from.client, from.state, textBytes(text));
  from.state = state;
  return message;
}

/** As if it had sent so many messages. */
function skip(member: Member, count: number): void {
  const { suite, leafIndex, tree } = member.state;
  const leafCount = leafCountOf(tree);
  const begun = beginSecretLeaf(suite, member.state.secretTree, leafIndex, leafCount);
  const leaf = secretLeafAt(begun, leafIndex, leafCount);
  let { application } = leaf;
  for (let i = 0; i < count; i++) application = nextKey(suite, application).ratchet;
  const secretTree = withSecretLeaf(begun, leafIndex, leafCount, { ...leaf, application });
  member.state = { ...member.state, secretTree };
}

async function expectRead(member: Member, message: Bytes, text: string): Promise<void> {
  expect(await member.receive(message)).toMatchObject({ kind: 'application', data: textBytes(text) });
}

async function expectCode(member: Member, message: Bytes, code: string): Promise<void> {
  const before = snapshot(member.state);
  await expect(member.receive(message)).rejects.toMatchObject({ code });
  expect(snapshot(member.state)).toBe(before);
}

describe('within an epoch', () => {
  it.each(seedsFrom(41, 3))('seed %i: in any order, with losses, each once', async (seed) => {
    const random = seededRandom(seed);
    const members = (await groupOf(['a', 'b', 'c'])) as Two;
    const [, , c] = members;
    const sent: [Bytes, string][] = [];
    for (let i = 0; i < 60; i++) {
      const text = `message ${i}`;
      sent.push([await says(members[below(random, 2)] as Member, text), text]);
    }
    const order = sent.filter(() => random() < 0.8).sort(() => random() - 0.5);
    for (const [message, text] of order) {
      await expectRead(c, message, text);
      await expectCode(c, message, 'replayed');
    }
    for (const [message] of order) await expectCode(c, message, 'replayed');
  });

  it(`${limits.generationsAhead} generations ahead, and not one more`, async () => {
    const [a, b] = (await groupOf(['a', 'b'])) as Two;
    const near = { client: a.client, state: a.state } as Member;
    skip(a, limits.generationsAhead + 1);
    await expectCode(b, await says(a, 'too far'), 'too_far_ahead');
    skip(near, limits.generationsAhead);
    await expectRead(b, await says(near, 'near enough'), 'near enough');
    // The window has moved.
    await expectRead(b, await says(near, 'next'), 'next');
  });

  it(`the newest ${limits.skippedKeys} skipped keys are kept`, async () => {
    const [a, b] = (await groupOf(['a', 'b'])) as Two;
    const sent: Bytes[] = [];
    for (let i = 0; i < limits.skippedKeys + 3; i++) sent.push(await says(a, `${i}`));
    await expectRead(b, sent.at(-1) as Bytes, `${limits.skippedKeys + 2}`);
    await expectCode(b, sent[0] as Bytes, 'replayed');
    await expectCode(b, sent[1] as Bytes, 'replayed');
    await expectRead(b, sent[2] as Bytes, '2');
    // Together with those skipped later.
    skip(a, limits.skippedKeys - 1);
    await expectRead(b, await says(a, 'later'), 'later');
    await expectRead(b, sent.at(-2) as Bytes, `${limits.skippedKeys + 1}`);
    await expectCode(b, sent.at(-3) as Bytes, 'replayed');
  });

  it('handshake messages and application messages do not use up each other', async () => {
    const members = (await groupOf(['a', 'b', 'c'])) as Two;
    const [a, b] = members;
    const early = await says(a, 'early');
    const proposed = await propose(a.client, a.state, { type: 3, removed: 2 }, { format: 'private' });
    a.state = proposed.state;
    await b.receive(proposed.message);
    await expectRead(b, early, 'early');
    await expectCode(b, proposed.message, 'replayed');
  });

  it('a changed message does not use up the key', async () => {
    const [a, b] = (await groupOf(['a', 'b'])) as Two;
    const message = await says(a, 'hello');
    const changed = new Uint8Array(message);
    changed[message.length - 1] = (changed[message.length - 1] as number) ^ 1;
    await expectCode(b, changed, 'undecryptable');
    await expectRead(b, message, 'hello');
  });

  it('one does not read what one has sent', async () => {
    const [a] = (await groupOf(['a', 'b'])) as Two;
    await expectCode(a, await says(a, 'to myself'), 'own_message');
  });
});

describe.each([0, 1, 3])('with %i past epochs', (pastEpochs) => {
  it('what arrives late is read that long', async () => {
    const members = (await groupOf(['a', 'b', 'c'])) as Two;
    for (const { client } of members) Object.assign(client, { pastEpochs });
    const [a, b, c] = members;
    const sent: Bytes[] = [];
    for (let i = 0; i < 5; i++) {
      sent.push(await says(a, `epoch ${i}`));
      await commit(c, members, { path: true });
    }
    for (const [i, message] of sent.entries()) {
      if (i >= sent.length - pastEpochs) {
        await expectRead(b, message, `epoch ${i}`);
        await expectCode(b, message, 'replayed');
      } else await expectCode(b, message, 'wrong_epoch');
    }
  });

  it('a handshake message is of the present epoch only', async () => {
    const members = (await groupOf(['a', 'b', 'c'])) as Two;
    for (const { client } of members) Object.assign(client, { pastEpochs });
    const [a, b, c] = members;
    const { message } = await propose(a.client, a.state, { type: 3, removed: 2 }, { format: 'private' });
    await commit(c, members, { path: true });
    await expectCode(b, message, 'wrong_epoch');
  });
});

it('a member that was removed is still heard in the epoch that it was in', async () => {
  const members = (await groupOf(['a', 'b', 'c'])) as Two;
  const [a, b, c] = members;
  const late = await says(c, 'from before');
  await commit(a, members, { proposals: [{ type: 3, removed: 2 }] });
  await expectRead(b, late, 'from before');
});

it('the last generation is the last', async () => {
  const [a, b] = (await groupOf(['a', 'b'])) as Two;
  const { suite, leafIndex, tree } = a.state;
  const begun = beginSecretLeaf(suite, a.state.secretTree, leafIndex, leafCountOf(tree));
  const leaf = secretLeafAt(begun, leafIndex, leafCountOf(tree));
  const application = { ...leaf.application, generation: 0xffffffff };
  a.state = { ...a.state, secretTree: withSecretLeaf(begun, leafIndex, leafCountOf(tree), { ...leaf, application }) };
  const last = await says(a, 'last');
  await expect(says(a, 'one more')).rejects.toMatchObject({ code: 'misuse' });
  await expectCode(b, last, 'too_far_ahead');
});
