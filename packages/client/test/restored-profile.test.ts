import type { EntryId, LogEntry, MessageEntry, RoomId, Seq } from '@undertone/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { changeEntries } from './changed-entries.ts';
import { accept, doubted, receiptsCame, stock, threadOf } from './meeting.ts';
import { newEntryId, type Person, world } from './people.ts';
import { recordOf, stolen } from './stolen.ts';

describe('a profile that was set back', () => {
  let at: Awaited<ReturnType<typeof world>>;
  beforeEach(async () => {
    at = await world();
  });
  afterEach(() => at.close());

  const stocked = (name: string) => stock(at.person(name));

  /** Stop the person's client, have its storage be what it was at an earlier time, and start it again. */
  const setBack = async (person: Person, copy: Awaited<ReturnType<Person['vaults']['copy']>>) => {
    person.core.close();
    person.vaults.putBack(person.id, copy);
    await person.reload();
  };

  /**
   * Note of every message that reaches the witness in the room, by which leaf, in which epoch and with which generation of its ratchet it was
   * sealed: no two may have the same.
   */
  function keysUsed(witness: Person, room: RoomId): { check(): Promise<number> } {
    const messages: MessageEntry[] = [];
    const origins: string[] = [];
    changeEntries(witness, (entry) => {
      if (entry.kind === 'message') messages.push(entry);
      return [entry];
    });
    const note = async () => {
      const { engine, state, record } = await stolen(witness, room);
      for (const entry of messages.splice(0)) {
        if (record.group?.epoch !== entry.epoch) throw new Error('noted too late');
        const { leafIndex, generation } = await engine.messageOrigin(state, entry.body);
        origins.push(`${entry.epoch}/${leafIndex}/${generation}`);
      }
    };
    return {
      check: async () => {
        await note();
        expect(origins.length).toBe(new Set(origins).size);
        return origins.length;
      },
    };
  }

  it('R17 enters a thread again before it sends, so that no key is used twice', async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const id = await threadOf(alice, bob);
    await alice.say(id, 'before the copy');
    await bob.reads(id, 'before the copy');
    await receiptsCame(id, alice, bob);
    const used = keysUsed(bob, id);
    const copy = await alice.vaults.copy(alice.id);
    for (const text of ['one', 'two', 'three']) {
      await alice.say(id, text);
      await bob.reads(id, text);
    }
    await bob.say(id, 'I said this');
    await alice.reads(id, 'I said this');
    await receiptsCame(id, alice, bob);
    expect(await used.check()).toBeGreaterThanOrEqual(3);
    const { group } = await recordOf(bob, id);
    await setBack(alice, copy);
    // The first thing that she does.
    await alice.core.sendText(id, { id: newEntryId(), text: 'after the copy' });
    await bob.reads(id, 'after the copy');
    await alice.open(id);
    expect(alice.security(id)).toEqual(['restored', 'rejoined']);
    expect((await recordOf(bob, id)).group?.epoch).toBe((group?.epoch ?? 0) + 1);
    expect(await used.check()).toBeGreaterThan(4);
    // Only what she said herself cannot be read by the earlier state.
    expect(alice.unreadable(id).every((reason) => reason === 'before_this_browser')).toBe(true);
    expect(alice.texts(id)).toContain('I said this');
    await bob.say(id, 'welcome back');
    await alice.reads(id, 'welcome back');
    await alice.say(id, 'and on');
    await bob.reads(id, 'and on');
    await used.check();
    expect(bob.security(id)).toEqual([]);
  });

  it('R17 enters again after commits of its own that it knows nothing of, in a thread and in a shared room', async () => {
    const [alice, bob, carol] = [await stocked('alice'), await stocked('bob'), await stocked('carol')];
    const thread = await threadOf(alice, bob);
    await receiptsCame(thread, alice, bob);
    const { id: lobby } = await alice.lobby();
    const copy = await alice.vaults.copy(alice.id);
    await alice.core.addToThread(thread, [carol.id]);
    await carol.thread();
    // In the lobby she is who removes carol.
    bob.setOnline(false);
    await carol.core.leaveRoom(lobby);
    await alice.say(lobby, 'carol is gone');
    bob.setOnline(true);
    await bob.reads(lobby, 'carol is gone');
    await setBack(alice, copy);
    for (const room of [thread, lobby]) {
      await alice.core.sendText(room, { id: newEntryId(), text: 'back again' });
      if (room === thread) {
        // She does not remember that she added carol.
        await alice.until('a stranger', () => doubted(alice, thread).includes(carol.id));
        await accept(alice, thread, carol.id);
      }
      await bob.reads(room, 'back again');
      await alice.open(room);
      expect(alice.security(room)).toEqual(['restored', 'rejoined']);
    }
  });

  it('R17 is not what a server makes of it that repeats an own message', async () => {
    const [alice, bob] = [await stocked('alice'), await stocked('bob')];
    const id = await threadOf(alice, bob);
    await receiptsCame(id, alice, bob);
    const said: LogEntry[] = [];
    changeEntries(alice, (entry) => {
      if (entry.kind === 'message' && entry.account === alice.id) said.push(entry);
      return [entry];
    });
    await alice.say(id, 'once');
    await bob.reads(id, 'once');
    await receiptsCame(id, alice, bob);
    const { cursor, group } = await recordOf(alice, id);
    for (const [n, change] of [{}, { id: crypto.randomUUID() as EntryId }].entries()) {
      const seq = ((cursor ?? 0) + 1 + n) as Seq;
      alice.receive({ type: 'entries', room: id, entries: [{ ...said[0], ...change, seq } as LogEntry] });
      await alice.until('its row', () => alice.shown(id).some((row) => row.seq === seq));
    }
    expect(alice.security(id)).toEqual([]);
    expect((await recordOf(alice, id)).group).toEqual(group);
  });
});
