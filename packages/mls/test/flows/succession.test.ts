import { describe, expect, it } from 'vitest';
import { textBytes } from '../../src/codec/bytes.ts';
import { createFoundingCommit } from '../../src/group/create-commit.ts';
import { createGroup } from '../../src/group/create-group.ts';
import { generateKeyPackage } from '../../src/group/key-package.ts';
import { foundBranch, foundSuccessor } from '../../src/group/successor.ts';
import type { Extension } from '../../src/messages/extension.ts';
import { externalSendersExtension } from '../../src/messages/extension.ts';
import { mls10, proposalTypes, pskTypes, resumptionUsages } from '../../src/messages/numbers.ts';
import type { Proposal } from '../../src/messages/proposal.ts';
import type { ResumptionUsage } from '../../src/messages/psk-id.ts';
import { commit, expectAgreement, groupOf, Member, newcomer, welcomed } from './members.ts';

type Three = [Member, Member, Member];

async function keyPackagesOf(members: readonly Member[]) {
  return Promise.all(members.map(async ({ client }) => ({ client, own: await generateKeyPackage(client) })));
}

/** A group that was closed by a ReInit. */
async function closedGroup(): Promise<Three> {
  const members = (await groupOf(['a', 'b', 'c'])) as Three;
  const reInit: Proposal = {
    type: proposalTypes.reInit,
    groupId: textBytes('next'),
    version: mls10,
    cipherSuite: 1,
    extensions: [],
  };
  await commit(members[0], members, { proposals: [reInit] });
  return members;
}

/** A first commit of a group that is linked to `former` in a way that `foundSuccessor` and `foundBranch` would not. */
async function linked(
  former: Member,
  own: readonly { own: { keyPackage: Awaited<ReturnType<typeof generateKeyPackage>>['keyPackage'] } }[],
  usages: readonly ResumptionUsage[],
  groupId: string,
  extensions: readonly Extension[] = [],
) {
  const { client, state } = former;
  const founded = await createGroup(client, textBytes(groupId), { extensions });
  const proposals: Proposal[] = own.map(({ own: { keyPackage } }) => ({ type: proposalTypes.add, keyPackage }));
  for (const usage of usages) {
    const { groupId: id, epoch } = state.context;
    const nonce = crypto.getRandomValues(new Uint8Array(32));
    const psk = { type: pskTypes.resumption, usage, groupId: id, epoch, nonce } as const;
    proposals.push({ type: proposalTypes.preSharedKey, psk });
  }
  return createFoundingCommit(client, founded, state, proposals);
}

describe('ReInit (RFC 9420 §11.2)', () => {
  it('closes the group, and any member founds its successor', async () => {
    const [a, b, c] = await closedGroup();
    const others = await keyPackagesOf([a, c]);
    const founded = await foundSuccessor(
      b.client,
      b.state,
      others.map(({ own }) => own.keyPackage),
    );
    const joined = await Promise.all(
      [a, c].map(({ state }, i) => {
        const { client, own } = others[i] as (typeof others)[0];
        return welcomed(client, own, founded.welcome, { formerGroups: [state] });
      }),
    );
    const members = [new Member(b.client, founded.state), ...joined];
    expectAgreement(members);
    expect(founded.state.context.epoch).toBe(1n);
    await commit(joined[0] as Member, members);
  });

  it('a successor that is not as agreed is refused', async () => {
    const [a, b, c] = await closedGroup();
    const others = await keyPackagesOf([a, c]);
    const [first] = others as [(typeof others)[0]];
    const options = { formerGroups: [a.state] };
    const reInit = resumptionUsages.reInit;
    const extension = externalSendersExtension([]);
    const cases = [
      [await linked(b, others, [reInit], 'another'), 'successor_parameters'],
      [await linked(b, others, [reInit], 'next', [extension]), 'successor_parameters'],
      [await linked(b, [first], [reInit], 'next'), 'reinit_members'],
      [await linked(b, others, [reInit, reInit], 'next'), 'successor_links'],
    ] as const;
    for (const [{ welcome }, rule] of cases) {
      await expect(welcomed(first.client, first.own, welcome, options)).rejects.toMatchObject({ rule });
    }
    const { welcome } = await linked(b, others, [reInit], 'next');
    await expect(welcomed(first.client, first.own, welcome)).rejects.toMatchObject({ code: 'unknown_psk' });
  });
});

describe('branch (RFC 9420 §11.3)', () => {
  it('has some of the members', async () => {
    const [a, b, c] = (await groupOf(['a', 'b', 'c'])) as Three;
    const [other] = await keyPackagesOf([c]);
    if (other === undefined) throw new Error('no key package');
    const founded = await foundBranch(a.client, a.state, textBytes('branch'), [other.own.keyPackage]);
    const joined = await welcomed(other.client, other.own, founded.welcome, { formerGroups: [c.state] });
    const members = [new Member(a.client, founded.state), joined];
    expectAgreement(members);
    await commit(joined, members);
    // The former group goes on.
    await commit(b, [a, b, c]);
  });

  it('with a member of no former group is refused', async () => {
    const [a, , c] = (await groupOf(['a', 'b', 'c'])) as Three;
    const others = [...(await keyPackagesOf([c])), await newcomer('stranger')];
    const [first] = others as [(typeof others)[0]];
    const { welcome } = await linked(a, others, [resumptionUsages.branch], 'branch');
    const joining = welcomed(first.client, first.own, welcome, { formerGroups: [c.state] });
    await expect(joining).rejects.toMatchObject({ rule: 'branch_members' });
  });

  it('its resumption key is not for other commits', async () => {
    const [a] = (await groupOf(['a', 'b', 'c'])) as Three;
    const { groupId, epoch } = a.state.context;
    const psk = {
      type: pskTypes.resumption,
      usage: resumptionUsages.branch,
      groupId,
      epoch,
      nonce: new Uint8Array(32),
    };
    const proposals = [{ type: proposalTypes.preSharedKey, psk }] as const;
    await expect(commit(a, [], { proposals })).rejects.toMatchObject({ rule: 'psk_usage' });
  });
});
