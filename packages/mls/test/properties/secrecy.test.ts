import { describe, expect, it } from 'vitest';
import { type Bytes, textBytes } from '../../src/codec/bytes.ts';
import { encryptApplication } from '../../src/group/application.ts';
import { createGroupInfo } from '../../src/group/group-info.ts';
import { joinExternal } from '../../src/group/join-external.ts';
import { processMessage } from '../../src/group/process-message.ts';
import { proposeUpdate } from '../../src/group/propose.ts';
import { wipeState } from '../../src/group/wipe.ts';
import { decodeMlsMessage } from '../../src/messages/mls-message.ts';
import { readStoredStates, storedChanges } from '../../src/store/stored-states.ts';
import { clientNamed, commit, deliver, groupOf, type Member, newcomer } from '../flows/members.ts';
import { canRead, openedOfPath, senderDataOf } from '../support/attacker.ts';
import { secretBytes } from '../support/reachable.ts';

type Four = [Member, Member, Member, Member];

/** All parents filled, so that paths are encrypted to parents too. */
async function four(pastEpochs = 0): Promise<Four> {
  const members = (await groupOf(['a', 'b', 'c', 'd'])) as Four;
  for (const member of members) Object.assign(member.client, { pastEpochs, resumptionPsks: 0 });
  for (const member of members) await commit(member, members, { path: true });
  return members;
}

async function says(from: Member): Promise<Bytes> {
  const { message, state } = await encryptApplication(from.client, from.state, textBytes('a secret'));
  from.state = state;
  return message;
}

/** What someone has who copied the memory of a member: a copy, which later wiping does not touch. */
function stolen({ state }: Member): Set<Uint8Array> {
  return new Set([...secretBytes(state)].map((bytes) => new Uint8Array(bytes)));
}

describe('a removed member cannot follow', () => {
  it.each([1, 2, 3])('leaf %i: none of its keys opens anything of the path', async (victimIndex) => {
    const members = await four();
    const [a] = members;
    const victim = members[victimIndex] as Member;
    const other = members.find((member) => member !== a && member !== victim) as Member;
    const before = other.state;
    const [of, ofOther] = [stolen(victim), stolen(other)];
    const { created } = await commit(a, members, { proposals: [{ type: 3, removed: victimIndex }] });
    const after = other.state;
    expect(await openedOfPath(ofOther, created.commit, before, after)).toBe(1);
    expect(await openedOfPath(of, created.commit, before, after)).toBe(0);
    const message = await says(a);
    const senderData = await senderDataOf(message, other.state);
    expect(await canRead(stolen(other), message, senderData)).toBe(true);
    expect(await canRead(of, message, senderData)).toBe(false);
    await expect(victim.receive(message)).rejects.toMatchObject({ code: 'removed' });
  });
});

describe('a newcomer cannot read what was said before', () => {
  it.each(['Welcome', 'Welcome with a path', 'external commit', 'resync'] as const)('by %s', async (way) => {
    const members = await four();
    const [a, b, , d] = members;
    const earlier = await says(a);
    const senderData = await senderDataOf(earlier, b.state);
    expect(await canRead(stolen(b), earlier, senderData)).toBe(true);
    let joined: Member;
    if (way === 'Welcome' || way === 'Welcome with a path') {
      const options = { path: way !== 'Welcome' };
      [joined] = (await commit(a, members, options, [await newcomer('e')])).joined as [Member];
    } else {
      const client = way === 'resync' ? d.client : await clientNamed('e');
      const groupInfo = await createGroupInfo(a.client, a.state);
      const { commit: message, state } = await joinExternal(client, groupInfo, { resync: way === 'resync' });
      joined = { client, state } as Member;
      await deliver(message, d, way === 'resync' ? members : [a, b]);
    }
    expect(await canRead(stolen(joined), earlier, senderData)).toBe(false);
    await expect(processMessage(joined.client, joined.state, decodeMlsMessage(earlier))).rejects.toMatchObject({
      code: 'wrong_epoch',
    });
    const later = await says(a);
    expect(await canRead(stolen(joined), later, await senderDataOf(later, joined.state))).toBe(true);
  });
});

describe('forward secrecy within an epoch', () => {
  it('a receiver whose state is stolen later has not the key any more, in memory or on disk', async () => {
    const [a, b] = await four();
    const messages = [await says(a), await says(a), await says(a)] as const;
    const [first, second, third] = messages;
    const data = await Promise.all(messages.map((message) => senderDataOf(message, b.state)));
    for (const [i, message] of messages.entries()) {
      expect(await canRead(stolen(b), message, data[i] as (typeof data)[0])).toBe(true);
    }
    const before = b.state;
    await b.receive(third);
    await b.receive(first);
    wipeState(before, b.state);
    const records = storedChanges({}, { s: b.state }).map(
      ({ key, value }) => [key, value ?? new Uint8Array()] as const,
    );
    const { s } = readStoredStates(new Map(records));
    for (const loot of [stolen(b), stolen({ client: b.client, state: s } as Member)]) {
      expect(await canRead(loot, first, data[0] as (typeof data)[0])).toBe(false);
      expect(await canRead(loot, third, data[2] as (typeof data)[0])).toBe(false);
      // What was passed over is still to come.
      expect(await canRead(loot, second, data[1] as (typeof data)[0])).toBe(true);
    }
  });

  it('a sender does not keep what it has sent', async () => {
    const [a, b] = await four();
    const old = a.state;
    const message = await says(a);
    wipeState(old, a.state);
    expect(await canRead(stolen(a), message, await senderDataOf(message, b.state))).toBe(false);
  });

  it('the next epoch has nothing of this one', async () => {
    const members = await four();
    const [a, b, c] = members;
    const message = await says(a);
    const senderData = await senderDataOf(message, b.state);
    await commit(c, members, { path: true });
    expect(await canRead(stolen(b), message, senderData)).toBe(false);
  });

  it('with past epochs kept, it is there until it was read, and not longer than that', async () => {
    const members = await four(1);
    const [a, b, c] = members;
    const [message, lost] = [await says(a), await says(a)];
    const senderData = await senderDataOf(message, b.state);
    const lostData = await senderDataOf(lost, b.state);
    await commit(c, members, { path: true });
    expect(await canRead(stolen(b), message, senderData)).toBe(true);
    await b.receive(message);
    expect(await canRead(stolen(b), message, senderData)).toBe(false);
    expect(await canRead(stolen(b), lost, lostData)).toBe(true);
    await commit(c, members, { path: true });
    expect(await canRead(stolen(b), lost, lostData)).toBe(false);
  });
});

describe('healing: who stole a state and hears all does not get past', () => {
  it.each(['a commit of the victim', 'an Update of the victim that another commits'] as const)('%s', async (way) => {
    const members = await four();
    const [a, victim, c] = members;
    const thief = { client: victim.client, state: victim.state } as Member;
    await expect(
      commit(c, members, { path: true }).then(({ created }) =>
        processMessage(thief.client, thief.state, decodeMlsMessage(created.commit)),
      ),
    ).resolves.toMatchObject({ kind: 'commit' });
    thief.state = victim.state;
    const heard = await says(a);
    const heardData = await senderDataOf(heard, c.state);
    expect(await canRead(stolen(thief), heard, heardData)).toBe(true);
    const before = c.state;
    let message: Bytes;
    if (way === 'a commit of the victim') {
      message = (await commit(victim, members, { path: true })).created.commit;
    } else {
      const sent = await proposeUpdate(victim.client, victim.state);
      victim.state = sent.state;
      await deliver(sent.message, victim, members);
      message = (await commit(a, members, { path: true })).created.commit;
    }
    expect(await openedOfPath(stolen(thief), message, before, c.state)).toBe(0);
    const later = await says(a);
    const laterData = await senderDataOf(later, c.state);
    expect(await canRead(stolen(c), later, laterData)).toBe(true);
    expect(await canRead(stolen(thief), later, laterData)).toBe(false);
  });

  it('a commit of someone else does not heal', async () => {
    const members = await four();
    const [, victim, c] = members;
    const loot = stolen(victim);
    const before = victim.state;
    const { created } = await commit(c, members, { path: true });
    expect(await openedOfPath(loot, created.commit, before, victim.state)).toBe(1);
  });
});
