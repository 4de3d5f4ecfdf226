import type { CoreCalls } from '@undertone/client/view';
import type { FakeContext } from './fake-context.ts';
import { FakeFiles } from './fake-files.ts';
import { me, quoteOf } from './rows.ts';

/** Files that are sent, accepted and opened. */
export function fileCalls(context: FakeContext) {
  const { world, live } = context;
  const files = new FakeFiles({
    transfers: world.transfers,
    emit: (event) => context.emit(event),
    row: (room, id) => live.message(room, id),
    put: (room, row) => live.put(room, row),
    remove: (room, row) => live.remove(room, row),
  });
  return {
    sendFile: async (room, sent) => {
      await context.work(0);
      const answered = sent.reply && live.message(room, sent.reply.id);
      const row = live.newRow(room, me, sent.caption ?? '', 'sending', {
        id: sent.id,
        key: sent.id,
        reply: answered ? quoteOf(answered) : null,
        mentions: sent.mentions ?? [],
      });
      files.send(room, row, sent, live.nextOrder(room));
      return row.id;
    },
    acceptFile: async (room, target) => {
      await context.work(30);
      files.accept(room, target.id, world.rooms.get(room)?.view.kind === 'thread');
    },
    declineFile: async (room, target) => {
      await context.work(30);
      files.decline(room, target.id);
    },
    cancelTransfer: async (id) => files.cancel(id),
    resumeTransfer: async (id) => files.resume(id),
    openFile: async (room, target) => {
      await context.work(60);
      return files.open(room, target.id);
    },
    fileUsage: async () => {
      await context.work(60);
      const gibibyte = 1024 ** 3;
      return {
        server: { usedBytes: 1.4 * gibibyte, quotaBytes: 5 * gibibyte, blobMaxBytes: 2 * gibibyte },
        here: { usedBytes: 0.3 * gibibyte, quotaBytes: 40 * gibibyte },
      };
    },
  } satisfies Partial<CoreCalls>;
}
