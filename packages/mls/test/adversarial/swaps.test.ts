import { describe, expect, it } from 'vitest';
import type { Bytes } from '../../src/codec/bytes.ts';
import { encryptApplication } from '../../src/group/application.ts';
import { createCommit } from '../../src/group/create-commit.ts';
import { joinFromWelcome } from '../../src/group/join-welcome.ts';
import { generateKeyPackage } from '../../src/group/key-package.ts';
import { processMessage } from '../../src/group/process-message.ts';
import { proposeUpdate } from '../../src/group/propose.ts';
import { decodeMlsMessage, encodeMlsMessage, type MlsMessage } from '../../src/messages/mls-message.ts';
import { contentTypes, proposalTypes, wireFormats } from '../../src/messages/numbers.ts';
import type { PrivateMessage } from '../../src/messages/private-message.ts';
import type { PublicMessage } from '../../src/messages/public-message.ts';
import type { Welcome } from '../../src/messages/welcome.ts';
import { clientNamed, commit, deliver, type Member } from '../flows/members.ts';
import { forgedCommit, forgedPath, pathOf } from '../support/hostile.ts';
import { expectRefused } from '../support/refusal.ts';
import { snapshot } from '../support/snapshot.ts';
import { type Room, room } from '../support/specimens.ts';

type Kind = 'publicMessage' | 'privateMessage';

function publicOf(bytes: Bytes): PublicMessage {
  const message = decodeMlsMessage(bytes);
  if (message.wireFormat !== wireFormats.publicMessage) throw new Error('not public');
  return message.publicMessage;
}

function privateOf(bytes: Bytes): PrivateMessage {
  const message = decodeMlsMessage(bytes);
  if (message.wireFormat !== wireFormats.privateMessage) throw new Error('not private');
  return message.privateMessage;
}

function welcomeOf(bytes: Bytes | undefined): Welcome {
  const message = decodeMlsMessage(bytes ?? new Uint8Array());
  if (message.wireFormat !== wireFormats.welcome) throw new Error('no Welcome');
  return message.welcome;
}

/** Every combination of the parts of two objects, but for themselves. */
function* mixtures<T extends object>(one: T, other: T): Generator<[string, T]> {
  const keys = Object.keys(one) as (keyof T)[];
  for (let choice = 1; choice < 2 ** keys.length - 1; choice++) {
    const mixed = { ...one };
    for (const [i, key] of keys.entries()) if (((choice >> i) & 1) === 1) mixed[key] = other[key];
    yield [`${choice.toString(2)} of ${keys.join()}`, mixed];
  }
}

async function expectNoneAccepted({ client, state }: Member, messages: Iterable<[string, MlsMessage]>): Promise<void> {
  const before = snapshot(state);
  for (const [what, message] of messages) {
    await expectRefused(what, () => processMessage(client, state, decodeMlsMessage(encodeMlsMessage(message))));
  }
  expect(snapshot(state)).toBe(before);
}

const wrap: { [K in Kind]: (message: K extends 'publicMessage' ? PublicMessage : PrivateMessage) => MlsMessage } = {
  publicMessage: (publicMessage) => ({ wireFormat: wireFormats.publicMessage, publicMessage }),
  privateMessage: (privateMessage) => ({ wireFormat: wireFormats.privateMessage, privateMessage }),
};

describe('parts of two valid messages, mixed', () => {
  it('commits', async () => {
    const [a, b, c] = await room();
    const one = publicOf((await createCommit(a.client, a.state, { path: true })).commit);
    const other = publicOf((await createCommit(c.client, c.state, { path: true })).commit);
    const messages = function* (): Generator<[string, MlsMessage]> {
      for (const [what, { membershipTag, ...content }] of mixtures(
        { ...one.content, membershipTag: one.membershipTag },
        { ...other.content, membershipTag: other.membershipTag },
      )) {
        // `framed` and `wireFormat` are not encoded: `framedBytes` are.
        if (
          content.framedBytes === one.content.framedBytes &&
          membershipTag === one.membershipTag &&
          content.signature === one.content.signature &&
          content.confirmationTag === one.content.confirmationTag
        )
          continue;
        if (
          content.framedBytes === other.content.framedBytes &&
          membershipTag === other.membershipTag &&
          content.signature === other.content.signature &&
          content.confirmationTag === other.content.confirmationTag
        )
          continue;
        yield [what, wrap.publicMessage({ content, membershipTag })];
      }
    };
    await expectNoneAccepted(b, messages());
  });

  it('application messages', async () => {
    const [a, b, c] = await room();
    const one = await encryptApplication(a.client, a.state, new Uint8Array(30));
    const second = await encryptApplication(a.client, one.state, new Uint8Array(30));
    const other = await encryptApplication(c.client, c.state, new Uint8Array(30));
    for (const [x, y] of [
      [one, second],
      [one, other],
    ] as const) {
      const { encryptedSenderData, ciphertext } = privateOf(y.message);
      const first = privateOf(x.message);
      await expectNoneAccepted(b, [
        ['sender data', wrap.privateMessage({ ...first, encryptedSenderData })],
        ['ciphertext', wrap.privateMessage({ ...first, ciphertext })],
        ['content type', wrap.privateMessage({ ...first, contentType: contentTypes.commit })],
        ['epoch', wrap.privateMessage({ ...first, epoch: first.epoch - 1n })],
      ]);
    }
  });

  it('Welcomes', async () => {
    const [a] = await room();
    const client = await clientNamed('x');
    const own = await generateKeyPackage(client);
    const add = { type: proposalTypes.add, keyPackage: own.keyPackage } as const;
    const [one, other] = await Promise.all(
      [1, 2].map(async () =>
        welcomeOf((await createCommit(a.client, a.state, { proposals: [add], path: true })).welcome),
      ),
    );
    if (one === undefined || other === undefined) throw new Error('no Welcome');
    for (const [what, { cipherSuite, secrets, encryptedGroupInfo }] of mixtures(one, other)) {
      if ((secrets === one.secrets) === (encryptedGroupInfo === one.encryptedGroupInfo)) continue;
      await expectRefused(what, () => joinFromWelcome(client, { cipherSuite, secrets, encryptedGroupInfo }, own));
    }
  });
});

describe('at another time, in another tree, for others', () => {
  it('commits of a former epoch, of the next, and again', async () => {
    const members: Room = await room();
    const [a, b] = members;
    const { created } = await commit(a, members, { path: true });
    const ahead = { client: a.client, state: a.state } as Member;
    const { created: second } = await commit(ahead, [], { path: true });
    const { created: third } = await commit(ahead, [], { path: true });
    await expectNoneAccepted(b, [
      ['again', decodeMlsMessage(created.commit)],
      ['of the epoch after next', decodeMlsMessage(third.commit)],
    ]);
    await deliver(second.commit, a, members);
    await deliver(third.commit, a, members);
  });

  it('a path for a tree that is out of date', async () => {
    const members = await room();
    const [a, b, c] = members;
    const stale = a.state;
    await commit(c, members, { path: true });
    const path = await forgedPath({ client: a.client, context: a.state.context }, stale.tree, 0);
    await expectNoneAccepted(b, [['stale path', await forgedCommit(a, [], path)]]);
  });

  it("another member's path, signed by this one", async () => {
    const [a, b, c] = await room();
    await expectNoneAccepted(b, [['foreign path', await forgedCommit(a, [], await pathOf(c))]]);
  });

  it('an Update of a former epoch', async () => {
    const members = await room();
    const [, b, c] = members;
    const { message } = await proposeUpdate(c.client, c.state);
    await commit(members[0], members, { path: true });
    await expectNoneAccepted(b, [['old Update', decodeMlsMessage(message)]]);
  });

  it('a message for another group', async () => {
    const [[a], [, b]] = [await room(), await room()];
    const { message } = await encryptApplication(a.client, a.state, new Uint8Array(3));
    const { commit: other } = await createCommit(a.client, a.state, { path: true });
    // Both groups have one id, as an attacker would choose it: nothing but the keys tells them apart.
    await expectNoneAccepted(b, [
      ['message', decodeMlsMessage(message)],
      ['commit', decodeMlsMessage(other)],
    ]);
  });
});
