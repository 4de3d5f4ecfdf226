import { type CoreCalls, CoreError } from '@undertone/client/view';
import { limits } from '@undertone/protocol';
import type { FakeContext } from './fake-context.ts';
import { FakeSearch } from './fake-search.ts';
import { changedByDelete, changedByEdit, changedByPin, changedByReaction } from './message-changes.ts';
import { me, notice, quoteOf } from './rows.ts';

const utf8 = (text: string) => new TextEncoder().encode(text).length;

/** What is said, what is done to it, and how it is found. */
export function messageCalls(context: FakeContext) {
  const { world, live } = context;
  const search = new FakeSearch(world);
  return {
    openTimeline: async (room, limit) => {
      await context.work(30);
      live.open(room);
      const rows = live.rows(room);
      return structuredClone({ rows: rows.slice(-limit), more: rows.length > limit });
    },
    olderRows: async (room, order, limit) => {
      await context.work(150);
      const before = live.rows(room).filter((row) => row.order < order);
      return structuredClone({ rows: before.slice(-limit), more: before.length > limit });
    },
    markRead: async (room, seq) => {
      live.changeRoom(room, { readSeq: seq, unread: 0, unreadMentions: 0 });
    },
    sendText: async (room, { id, text, reply, mentions = [] }) => {
      await context.work(0);
      if (utf8(text) > limits.messageTextMaxBytes)
        throw new CoreError({ code: 'too_long', message: 'That is too long.' });
      const answered = reply && live.message(room, reply.id);
      const quote = reply && (answered ? quoteOf(answered) : { target: reply, quoted: null });
      const row = live.newRow(room, me, text, 'sending', { id, key: id, reply: quote ?? null, mentions });
      live.put(room, row);
      void live.deliver(room, row);
      return row.id;
    },
    editText: async (room, target, text, mentions) => {
      await context.work(30);
      live.change(room, target.id, (row) => changedByEdit(row, text, mentions));
    },
    deleteMessage: async (room, target, from) => {
      await context.work(30);
      const row = live.message(room, target.id);
      if (row && from === 'me') live.remove(room, row);
      else live.change(room, target.id, changedByDelete);
    },
    react: async (room, target, emoji, on) => {
      await context.work(20);
      live.change(room, target.id, (row) => changedByReaction(row, emoji, me, on));
    },
    pin: async (room, target, on) => {
      await context.work(60);
      const view = world.rooms.get(room)?.view;
      if (!view) return;
      live.changeRoom(room, { pins: changedByPin(view.pins, { target, by: me, at: Date.now() }, on) });
      if (on) live.put(room, notice(live.nextOrder(room), me, 'pinned', Date.now(), target));
    },
    messages: async (room, targets) => {
      await context.work(80);
      return structuredClone(targets.flatMap(({ id }) => live.message(room, id) ?? []));
    },
    typing: async () => undefined,
    retrySend: async (room, id) => {
      const row = live.message(room, id);
      if (!row) return;
      const { failure: _, ...rest } = row;
      const again = { ...rest, delivery: 'sending' as const };
      live.put(room, again);
      void live.deliver(room, again, true);
    },
    discardSend: async (room, id) => {
      const row = live.message(room, id);
      if (row) live.remove(room, row);
    },
    saveDraft: async (room, draft) => live.changeRoom(room, { draft }),
    search: async (query) => {
      await context.work(40);
      return structuredClone(search.search(query));
    },
    searchFurther: async () => {
      await context.work(900);
      return search.further();
    },
  } satisfies Partial<CoreCalls>;
}
