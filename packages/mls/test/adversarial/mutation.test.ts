import { describe, expect, it } from 'vitest';
import type { Bytes } from '../../src/codec/bytes.ts';
import { createCommit } from '../../src/group/create-commit.ts';
import { joinExternal } from '../../src/group/join-external.ts';
import { joinFromWelcome } from '../../src/group/join-welcome.ts';
import { generateKeyPackage } from '../../src/group/key-package.ts';
import { processMessage } from '../../src/group/process-message.ts';
import { decodeMlsMessage, encodeMlsMessage, type MlsMessage } from '../../src/messages/mls-message.ts';
import { proposalTypes, wireFormats } from '../../src/messages/numbers.ts';
import { readKeyPackage } from '../../src/profile/index.ts';
import { readStoredStates, storedChanges } from '../../src/store/stored-states.ts';
import { clientNamed } from '../flows/members.ts';
import { all, cuts, flips } from '../support/mutations.ts';
import { expectRefused, outcomeOf } from '../support/refusal.ts';
import { snapshot } from '../support/snapshot.ts';
import { commitMakers, groupInfoSpecimen, messageMakers, type Room, room } from '../support/specimens.ts';

/** Every change of every byte, and every cut: refused, with a typed error. The original is accepted by the same state afterwards. */
async function expectAllRefused(original: Bytes, use: (bytes: Bytes) => unknown): Promise<void> {
  for (const { what, bytes } of all(original)) await expectRefused(what, () => use(bytes));
  await use(original);
}

function of<F extends MlsMessage['wireFormat']>(bytes: Bytes, format: F): Extract<MlsMessage, { wireFormat: F }> {
  const message = decodeMlsMessage(bytes);
  if (message.wireFormat === format) return message as Extract<MlsMessage, { wireFormat: F }>;
  throw Object.assign(new Error('another kind'), { kind: message.wireFormat });
}

describe('a message of an outsider who changes bytes', () => {
  it.each(Object.entries({ ...commitMakers, ...messageMakers }))('%s', async (_, make) => {
    const members = await room();
    const message = await make(members);
    const [, { client, state }] = members;
    const before = snapshot(state);
    await expectAllRefused(message, (bytes) => processMessage(client, state, decodeMlsMessage(bytes)));
    expect(snapshot(state)).toBe(before);
  });
});

describe('what a newcomer is given', () => {
  async function welcomeFor([a]: Room) {
    const client = await clientNamed('x');
    const own = await generateKeyPackage(client);
    const add = { type: proposalTypes.add, keyPackage: own.keyPackage } as const;
    const { welcome } = await createCommit(a.client, a.state, { proposals: [add], path: true });
    if (welcome === undefined) throw new Error('no Welcome');
    return { client, own, welcome };
  }

  it('Welcome', async () => {
    const { client, own, welcome } = await welcomeFor(await room());
    await expectAllRefused(welcome, async (bytes) => {
      const message = decodeMlsMessage(bytes);
      // Another wire format is for others to refuse.
      if (message.wireFormat === wireFormats.welcome) return joinFromWelcome(client, message.welcome, own);
      return processMessage(client, (await room())[0].state, message);
    });
  });

  it('GroupInfo', async () => {
    const groupInfo = await groupInfoSpecimen(await room());
    const client = await clientNamed('x');
    for (const { what, bytes } of all(groupInfo)) {
      await expectRefused(what, () => {
        const message = decodeMlsMessage(bytes);
        if (message.wireFormat !== wireFormats.groupInfo)
          return processMessage(client, { status: 'active' } as never, message);
        return joinExternal(client, message.groupInfo);
      });
    }
    await joinExternal(client, of(groupInfo, wireFormats.groupInfo).groupInfo);
  });

  it('KeyPackage', async () => {
    const [{ client, state }] = await room();
    const { keyPackage } = await generateKeyPackage(await clientNamed('x', { lifetime: { before: 60n, after: 60n } }));
    const original = encodeMlsMessage({ wireFormat: wireFormats.keyPackage, keyPackage });
    await expectAllRefused(original, (bytes) => readKeyPackage(bytes));
    const before = snapshot(state);
    for (const { what, bytes } of flips(original)) {
      await expectRefused(what, () => {
        const message = decodeMlsMessage(bytes);
        if (message.wireFormat !== wireFormats.keyPackage) return processMessage(client, state, message);
        return createCommit(client, state, {
          proposals: [{ type: proposalTypes.add, keyPackage: message.keyPackage }],
        });
      });
    }
    expect(snapshot(state)).toBe(before);
  });
});

it('stored records: whatever is in them, nothing but our own errors', async () => {
  const members = await room();
  await commitMakers['by reference']?.(members);
  const [, , , { state }] = members;
  const records = new Map(storedChanges({}, { s: state }).map(({ key, value }) => [key, value ?? new Uint8Array()]));
  const outcomes = { accepted: 0, refused: 0 };
  for (const [key, value] of records) {
    for (const { what, bytes } of [...flips(value), ...[...cuts(value)].filter((_, i) => i % 5 === 0)]) {
      const outcome = await outcomeOf(`${key}: ${what}`, () => readStoredStates(new Map([...records, [key, bytes]])));
      if (typeof outcome === 'object') throw new Error(outcome.what, { cause: outcome.error });
      outcomes[outcome]++;
    }
    const without = new Map([...records].filter(([other]) => other !== key));
    if (key !== 'state/s')
      expect(() => readStoredStates(without)).toThrow(expect.objectContaining({ code: 'malformed' }));
  }
  expect(outcomes.refused).toBeGreaterThan(1000);
});
