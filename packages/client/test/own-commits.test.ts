import type { ClientFrameOf, RoomId } from '@undertone/protocol';
import { prefixRange } from '@undertone/vault';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoredGroup } from '../src/room/stored-group.ts';
import type { RoomRecord } from '../src/storage/records.ts';
import { type Person, world } from './people.ts';

/** The commits that leave the person, as the server gets them. */
function commitsOf(
  person: Person,
  change: (frame: ClientFrameOf<'commit'>, n: number) => ClientFrameOf<'commit'> = (frame) => frame,
): ClientFrameOf<'commit'>[] {
  const sent: ClientFrameOf<'commit'>[] = [];
  person.outgoing = (frame) => {
    if (frame.type !== 'commit') return frame;
    const changed = change(frame, sent.length);
    sent.push(changed);
    return changed;
  };
  return sent;
}

/** Wait until the person's client has followed the room's group to an epoch. */
async function reaches(person: Person, room: RoomId, epoch: number): Promise<void> {
  const vault = await person.vaults.open(person.id);
  const present = async () => (await vault.get<RoomRecord>('rooms', room))?.group?.epoch;
  await expect.poll(present, { timeout: 15_000 }).toBe(epoch);
}

describe('a commit of our own', () => {
  let at: Awaited<ReturnType<typeof world>>;
  beforeEach(async () => {
    at = await world();
  });
  afterEach(() => at.close());

  const talk = async (room: RoomId, ...people: Person[]) => {
    for (const speaker of people) {
      const text = `${speaker.name} is here`;
      await speaker.say(room, text);
      for (const person of people) await person.reads(room, text);
    }
  };

  it('R12 brings a patch of the group info, and newcomers enter by what the server made of it', async () => {
    const alice = await at.person('alice').signUp();
    const { id } = await alice.lobby();
    const [bob, carol] = [at.person('bob'), at.person('carol')];
    const sent = [...[bob, carol].map((person) => commitsOf(person)), commitsOf(alice)];
    await bob.signUp();
    await bob.lobby();
    await carol.signUp();
    await carol.lobby();
    await bob.core.leaveRoom(id);
    await talk(id, alice, carol);
    for (const frames of sent.flat()) {
      expect(frames.groupInfo).toBeUndefined();
      expect(frames.groupInfoPatch).toBeDefined();
    }
    expect(sent.flat().length).toBeGreaterThanOrEqual(3);
    const dan = await at.person('dan').signUp();
    await dan.lobby();
    await talk(id, alice, carol, dan);
  });

  it('R12 sends the whole where the server could not apply the patch', async () => {
    const alice = await at.person('alice').signUp();
    const { id } = await alice.lobby();
    const bob = at.person('bob');
    const sent = commitsOf(bob, (frame, n) => {
      const { groupInfoPatch: patch } = frame;
      return n === 0 && patch ? { ...frame, groupInfoPatch: { ...patch, sha256: new Uint8Array(32) } } : frame;
    });
    await bob.signUp();
    await bob.lobby();
    expect(sent.map((frame) => frame.groupInfo !== undefined)).toEqual([false, true]);
    await talk(id, alice, bob);
    const carol = await at.person('carol').signUp();
    await carol.lobby();
    await talk(id, alice, bob, carol);
  });

  it('R9 is adopted after a crash between sending it and hearing of it', async () => {
    const alice = await at.person('alice').signUp();
    const { id } = await alice.lobby();
    const bob = at.person('bob');
    const sent = commitsOf(bob);
    bob.incoming = (frame) => (sent.length > 0 ? [] : [frame]);
    await bob.signUp();
    await reaches(alice, id, 1);
    const vault = await bob.vaults.open(bob.id);
    const { current, pending } = (await StoredGroup.open(id, vault)).states;
    expect([current, pending?.frame.id]).toEqual([null, sent[0]?.id]);
    bob.incoming = (frame) => [frame];
    await bob.reload();
    await bob.lobby();
    await talk(id, alice, bob);
    expect(new Set(sent.map((frame) => frame.id)).size).toBe(1);
    expect((await vault.get<RoomRecord>('rooms', id))?.group).toEqual({ generation: 1, epoch: 1 });
  });

  it('R7 a group entered from outside is not taken up before its members are verified', async () => {
    const alice = await at.person('alice').signUp();
    const { id } = await alice.lobby();
    const bob = at.person('bob');
    const sent = commitsOf(bob);
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const keyLogs = bob.rest.keyLogs;
    bob.rest.keyLogs = async (accounts) => {
      await released;
      return await keyLogs(accounts);
    };
    await bob.signUp();
    // The others go on meanwhile.
    await reaches(alice, id, 1);
    await bob.until('to enter', () => bob.findRoom((room) => room.id === id && room.state === 'entering'));
    const vault = await bob.vaults.open(bob.id);
    const { current, pending } = (await StoredGroup.open(id, vault)).states;
    expect([current, pending?.state.treeVerified]).toEqual([null, false]);
    release();
    await bob.lobby();
    await talk(id, alice, bob);
    expect((await StoredGroup.open(id, vault)).states).toMatchObject({
      current: { treeVerified: true },
      pending: null,
    });
    expect(sent.length).toBe(1);
  });

  it('R7 a group with a member that nobody vouches for is not taken up, and entered once at most', async () => {
    const alice = await at.person('alice').signUp();
    const { id } = await alice.lobby();
    const bob = at.person('bob');
    const sent = commitsOf(bob);
    bob.answer = (path, body) => (path === '/api/key-logs' ? { logs: [] } : body);
    await bob.signUp();
    await bob.until('a refusal', () => bob.security(id).includes('keys_refused'));
    expect(bob.findRoom((room) => room.id === id)?.state).toBe('entering');
    const asked = bob.wire.length;
    await bob.until('another try', () => bob.wire.length > asked + 2);
    expect(sent.length).toBe(1);
    const vault = await bob.vaults.open(bob.id);
    expect((await StoredGroup.open(id, vault)).states.current).toBeNull();
    bob.answer = (_path, body) => body;
    await bob.lobby();
    await talk(id, alice, bob);
  });

  it('leaves nothing of a room that was left', async () => {
    const alice = await at.person('alice').signUp();
    const { id } = await alice.lobby();
    const vault = await alice.vaults.open(alice.id);
    expect((await vault.keys('groups', prefixRange(id))).length).toBeGreaterThan(0);
    await alice.core.leaveRoom(id);
    expect(await vault.keys('groups')).toEqual([]);
  });
});
