import type { EntryId, LogEntry, MessageEntry, Seq } from '@undertone/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TimelineRow } from '../src/view/index.ts';
import { changeEntries } from './changed-entries.ts';
import { accept, stock, threadOf } from './meeting.ts';
import { newEntryId, world } from './people.ts';
import { recordOf } from './stolen.ts';

describe('a lying server', () => {
  let at: Awaited<ReturnType<typeof world>>;
  beforeEach(async () => {
    at = await world();
  });
  afterEach(() => at.close());

  const stocked = (name: string) => stock(at.person(name));

  it('H3 C2 a message moved to another sender or id is forged', async () => {
    const alice = await stocked('alice');
    const bob = await stocked('bob');
    const thread = await threadOf(alice, bob);
    const { id: lobby } = await alice.lobby();
    await bob.lobby();
    const rooms = [lobby, thread] as const;
    for (const change of [
      (entry: MessageEntry) => ({ ...entry, account: bob.id }),
      (entry: MessageEntry) => ({ ...entry, id: crypto.randomUUID() as EntryId }),
    ]) {
      changeEntries(bob, (entry) => [entry.kind === 'message' ? change(entry) : entry]);
      for (const room of rooms) {
        const before = bob.unreadable(room).length;
        await alice.say(room, 'as it was said');
        await bob.until('a forged row', () => bob.unreadable(room).length > before);
        expect(bob.unreadable(room).at(-1)).toBe('forged');
        expect(bob.texts(room)).not.toContain('as it was said');
      }
    }
    changeEntries(bob, (entry) => [entry]);
    for (const room of rooms) {
      await alice.say(room, 'true again');
      await bob.reads(room, 'true again');
    }
  });

  it('L4 a replayed message changes nothing', async () => {
    const alice = await stocked('alice');
    const bob = await stocked('bob');
    const thread = await threadOf(alice, bob);
    const { id: lobby } = await alice.lobby();
    await bob.lobby();
    for (const room of [lobby, thread]) {
      await bob.open(room);
      let said: LogEntry | undefined;
      changeEntries(bob, (entry) => {
        if (entry.kind === 'message') said = entry;
        return [entry];
      });
      await alice.say(room, 'once');
      await bob.reads(room, 'once');
      const shown = bob.shown(room).filter((row) => row.kind === 'message');
      for (const n of [1, 2]) {
        if (n === 2) {
          await bob.reload();
          await bob.ready((r) => r.id === room);
          await bob.open(room);
        }
        const { cursor } = await recordOf(bob, room);
        const seq = ((cursor ?? 0) + 1) as Seq;
        bob.receive({ type: 'entries', room, entries: [{ ...said, seq } as MessageEntry] });
        await bob.until('a forged row', () =>
          bob.shown(room).some((row) => row.seq === seq && row.kind === 'unreadable'),
        );
        expect(bob.shown(room).filter((row) => row.kind === 'message')).toEqual(shown);
      }
      expect(new Set(bob.unreadable(room))).toEqual(new Set(['forged']));
    }
  });

  it('L1 a log that is told anew from an epoch that is over is visible and changes nothing', async () => {
    const alice = await stocked('alice');
    const { id } = await alice.lobby();
    const old: LogEntry[] = [];
    changeEntries(alice, (entry) => {
      old.push(entry);
      return [entry];
    });
    await alice.say(id, 'in the first epoch');
    const bob = await stocked('bob');
    await bob.lobby();
    await bob.say(id, 'in the second');
    await alice.reads(id, 'in the second');
    const { cursor } = await recordOf(alice, id);
    const again = old.map((entry, i) => ({ ...entry, seq: ((cursor ?? 0) + 1 + i) as Seq }));
    const texts = alice.texts(id);
    alice.receive({ type: 'entries', room: id, entries: again });
    await alice.until('all to be read', () => alice.shown(id).some((row) => row.seq === again.at(-1)?.seq));
    expect(alice.texts(id)).toEqual(texts);
    expect(alice.security(id)).toContain('keys_refused');
    expect(alice.unreadable(id)).toContain('forged');
  });

  it('R9 an own message that the server changed is not taken for delivered', async () => {
    const alice = await stocked('alice');
    const bob = await stocked('bob');
    const thread = await threadOf(alice, bob);
    const { id: lobby } = await alice.lobby();
    changeEntries(alice, (entry) => {
      if (entry.kind !== 'message' || entry.account !== alice.id) return [entry];
      return [{ ...entry, body: entry.body.map((byte, i) => (i === entry.body.length - 1 ? byte ^ 1 : byte)) }];
    });
    for (const room of [lobby, thread]) {
      const id = await alice.core.sendText(room, { id: newEntryId(), text: 'what I said' });
      const mine = (row: TimelineRow) => row.kind === 'message' && row.id === id;
      await alice.until('the row of what the server has', () => alice.unreadable(room).length > 0);
      expect(alice.shown(room).filter(mine)).not.toContainEqual(expect.objectContaining({ delivery: 'sent' }));
    }
  });

  it('R4 a commit whose declaration lies is refused visibly, and the room recovers', async () => {
    const alice = await stocked('alice');
    const bob = await stocked('bob');
    const carol = await stocked('carol');
    const id = await threadOf(alice, bob);
    changeEntries(bob, (entry) => [entry.kind === 'commit' ? { ...entry, added: [] } : entry]);
    await alice.core.addToThread(id, [carol.id]);
    await bob.until('a refusal', () => bob.security(id).includes('keys_refused'));
    changeEntries(bob, (entry) => [entry]);
    await bob.until('bob to come back', () => bob.security(id).includes('rejoined'));
    // He saw nobody add carol: he is asked before he says anything.
    await bob.until('carol to be a stranger', () =>
      bob.findRoom(
        (r) => r.id === id && r.state === 'ready' && r.doubts.map(({ account }) => account).join() === carol.id,
      ),
    );
    await accept(bob, id, carol.id);
    await bob.say(id, 'here again');
    await alice.reads(id, 'here again');
    expect(bob.security(id)).toEqual(['keys_refused', 'rejoined']);
  });
});
