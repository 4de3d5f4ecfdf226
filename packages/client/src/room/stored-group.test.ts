import { type GroupState, generateSigner } from '@undertone/mls';
import { epochAuthenticator, MlsEngine } from '@undertone/mls/profile';
import type { Epoch, Generation, RoomId } from '@undertone/protocol';
import { Vault } from '@undertone/vault';
import { MemoryBackend } from '@undertone/vault/memory';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../bytes.ts';
import { groupStateKey } from '../storage/records.ts';
import { newEntryId } from './enter-group.ts';
import { type GroupStates, noStates, type PendingGroup, StoredGroup } from './stored-group.ts';

const room = crypto.randomUUID() as RoomId;

/** Counts the bytes that are written. */
class MeteredBackend extends MemoryBackend {
  written = 0;

  override async write(...args: Parameters<MemoryBackend['write']>): Promise<void> {
    for (const { value } of args[0]) this.written += value?.length ?? 0;
    return await super.write(...args);
  }
}

async function engine(): Promise<MlsEngine> {
  const identity = utf8(`${crypto.randomUUID()}/${crypto.randomUUID()}`);
  return new MlsEngine({ signer: await generateSigner(), identity, authentication: { validate: async () => true } });
}

/** A group of `size` members, of whom two are held: `ours`, and `theirs` who speaks and commits. */
async function makeGroup(size: number) {
  const [us, them] = await Promise.all([engine(), engine()]);
  let ours = await us.createGroup(utf8('a group'));
  let theirs = ours;
  for (let i = 1; i < size; i++) {
    const newcomer = i === 1 ? them : await engine();
    const joined = await newcomer.joinExternal(await us.groupInfo(ours));
    if (i > 1) theirs = (await them.processCommit(theirs, joined.commit)).state;
    else theirs = joined.state;
    ours = (await us.processCommit(ours, joined.commit)).state;
  }
  return { us, them, ours, theirs };
}

const pendingOf = (state: GroupState): PendingGroup => ({
  frame: {
    type: 'commit',
    room,
    generation: 1 as Generation,
    epoch: 1 as Epoch,
    id: newEntryId(),
    external: false,
    commit: utf8('commit'),
    groupInfo: utf8('group info'),
    added: [],
    removed: [],
    authenticator: new Uint8Array(32),
  },
  repair: false,
  state,
});

async function step(vault: Vault, group: StoredGroup, next: Partial<GroupStates>): Promise<void> {
  const states = { ...group.states, ...next };
  await vault.write(group.writes(states));
  group.replace(states);
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('the stored group', () => {
  it('a commit of a room of 30 writes a small part of what the room has', async () => {
    const { us, them, ours, theirs } = await makeGroup(30);
    const backend = new MeteredBackend();
    const vault = await Vault.open(backend);
    const group = await StoredGroup.open(room, vault);
    await step(vault, group, { current: ours });
    const whole = backend.written;
    backend.written = 0;
    const { commit, state } = await them.update(theirs);
    await step(vault, group, { current: (await us.processCommit(ours, commit)).state });
    expect(backend.written).toBeLessThan(whole / 3);

    backend.written = 0;
    const current = group.states.current as GroupState;
    const sent = await them.encrypt(state, utf8('hello'));
    await step(vault, group, { current: (await us.decrypt(current, sent.message)).state });
    expect(backend.written).toBeLessThan(whole / 3);
    const { states } = await StoredGroup.open(room, vault);
    expect(hex(epochAuthenticator(states.current as GroupState))).toBe(hex(epochAuthenticator(state)));
  });

  it('R9 both states survive a crash, and the pending one can be adopted or dropped after it', async () => {
    for (const outcome of ['adopted', 'dropped'] as const) {
      const { us, them, ours, theirs } = await makeGroup(9);
      const vault = await Vault.open(new MemoryBackend());
      const first = await StoredGroup.open(room, vault);
      await step(vault, first, { current: ours });
      const update = await us.update(ours);
      await step(vault, first, { pending: pendingOf(update.state) });

      const second = await StoredGroup.open(room, vault);
      const { current, pending } = second.states;
      expect(pending?.frame.type).toBe('commit');
      if (pending === null || current === null) throw new Error('not stored');
      await step(vault, second, outcome === 'adopted' ? { current: pending.state, pending: null } : { pending: null });

      const third = (await StoredGroup.open(room, vault)).states;
      expect(third.pending).toBeNull();
      const others = outcome === 'adopted' ? (await them.processCommit(theirs, update.commit)).state : theirs;
      const { message } = await us.encrypt(third.current as GroupState, utf8('still here'));
      expect(Buffer.from((await them.decrypt(others, message)).plaintext).toString()).toBe('still here');
      // Nothing is left over: a store that never saw the other state has the same records.
      const fresh = await Vault.open(new MemoryBackend());
      await step(fresh, await StoredGroup.open(room, fresh), { current: third.current });
      expect(await vault.keys('groups')).toEqual(await fresh.keys('groups'));
      await step(vault, await StoredGroup.open(room, vault), noStates);
      expect(await vault.keys('groups')).toEqual([]);
    }
  });

  it('overwrites no secret that the current or the pending state still uses', async () => {
    const { us, them, ours, theirs } = await makeGroup(9);
    const vault = await Vault.open(new MemoryBackend());
    const group = await StoredGroup.open(room, vault);
    await step(vault, group, { current: ours });
    await step(vault, group, { pending: pendingOf((await us.update(ours)).state) });
    const { message, state } = await them.encrypt(theirs, utf8('meanwhile'));
    const opened = await us.decrypt(ours, message);
    await step(vault, group, { current: opened.state });
    await step(vault, group, { pending: null });
    // Their path is encrypted to keys that our lost commit had taken over.
    const second = await us.update(group.states.current as GroupState);
    await step(vault, group, { pending: pendingOf(second.state) });
    const followed = await them.processCommit(state, second.commit);
    await step(vault, group, { current: second.state, pending: null });
    const theirUpdate = await them.update(followed.state);
    const after = await us.processCommit(group.states.current as GroupState, theirUpdate.commit);
    expect(hex(epochAuthenticator(after.state))).toBe(hex(epochAuthenticator(theirUpdate.state)));
    // What is not needed is gone.
    expect(ours.secrets.initSecret.every((byte) => byte === 0)).toBe(true);
    expect(opened.state.secrets.exporterSecret.every((byte) => byte === 0)).toBe(true);
  });

  it('R7 a state that cannot be read counts as lost, and its records go with the next step', async () => {
    const { us, ours } = await makeGroup(9);
    const vault = await Vault.open(new MemoryBackend());
    const group = await StoredGroup.open(room, vault);
    await step(vault, group, { current: ours, pending: pendingOf((await us.update(ours)).state) });
    const keys = await vault.keys('groups');
    const page = keys.find((key) => key.startsWith(groupStateKey(room, 'tree/')));
    await vault.write([{ store: 'groups', key: page as string }]);
    const damaged = await StoredGroup.open(room, vault);
    expect(damaged.states).toEqual(noStates);
    const again = await us.createGroup(utf8('another group'));
    await step(vault, damaged, { current: again });
    const fresh = await Vault.open(new MemoryBackend());
    await step(fresh, await StoredGroup.open(room, fresh), { current: again });
    expect(await vault.keys('groups')).toEqual(await fresh.keys('groups'));
  });
});
