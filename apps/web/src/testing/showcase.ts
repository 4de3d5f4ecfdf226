import {
  type MessageRow,
  type PinView,
  type ReceiptView,
  type TimelineRow,
  type TransferView,
  transferId,
} from '@undertone/client/view';
import { type AccountId, EntryId, type RoomId, type Seq } from '@undertone/protocol';
import { file, me, message, notice, picture, quoteOf, reaction, targetOf } from './rows.ts';

const minute = 60_000;
const hour = 60 * minute;

const transfer = (room: RoomId, row: MessageRow, fields: Partial<TransferView>): TransferView => ({
  id: transferId(room, row.key),
  room,
  direction: 'down',
  state: 'running',
  doneBytes: Math.round((row.file?.bytes ?? 0) * 0.4),
  totalBytes: row.file?.bytes ?? 0,
  bytesPerSecond: 1_400_000,
  failure: null,
  ...fields,
});

interface Exhibit {
  readonly rows: readonly TimelineRow[];
  readonly transfers: readonly TransferView[];
  readonly pins: readonly PinView[];
  readonly receipts: readonly ReceiptView[];
}

const exhibit = (rows: readonly TimelineRow[], fields: Partial<Exhibit> = {}): Exhibit => ({
  rows: rows.toSorted((a, b) => a.order - b.order),
  transfers: [],
  pins: [],
  receipts: [],
  ...fields,
});

/** Everything that can be done with a message, once each. */
export function talk(everyone: readonly AccountId[], now: number): Exhibit {
  const at = (seq: number) => now - (60 - seq) * 2 * minute;
  const [a = me, b = me, c = me, d = me, e = me, f = me, g = me, h = me] = everyone.slice(1);
  const plan = message(
    1,
    a,
    'Plan for **Thursday**: doors at six, talks at seven, food after. Who brings what?',
    at(1),
    {
      reactions: [
        reaction('👍', b, c, me, d, e, f, g, h),
        reaction('❤️', c),
        reaction('🎉', me, a),
        reaction('👩🏽‍🚀', d, e),
      ],
    },
  );
  const bread = message(2, b, 'I bring bread and the good butter.', at(2), { reply: quoteOf(plan) });
  const edited = message(3, me, 'Salads: two large ones, one without nuts', at(3), {
    reply: quoteOf(plan),
    editedAt: at(5),
    earlier: [
      { text: 'Salads: one large one', at: at(3) },
      { text: 'Salads: two large ones', at: at(4) },
    ],
    reactions: [reaction('🥗', a, b)],
  });
  const gone = message(6, c, '', at(6), { deleted: true });
  const long = message(
    8,
    d,
    'Could everyone look over the notes again before tomorrow? There are three open questions: who opens the doors, whether we stream the second talk, and what we do if it rains. I would rather not decide all of that in the last hour before it begins, like the last time, and the time before that.',
    at(8),
  );
  const shot = message(9, e, 'The room, so that you know what to expect', at(9), {
    file: picture('room.png', 1_600, 1_067, 'field', { here: true }),
    reactions: [reaction('😍', a, b, me)],
  });
  const rows: TimelineRow[] = [
    plan,
    bread,
    edited,
    gone,
    message(7, a, 'That was for another room, sorry.', at(7), { reply: quoteOf(gone) }),
    long,
    shot,
    message(10, f, 'Looks great', at(10), { reply: quoteOf(shot) }),
    message(11, g, 'As we said back then', at(11), {
      reply: { target: { ...targetOf(plan), seq: 9_999 as Seq, id: EntryId.parse(crypto.randomUUID()) }, quoted: null },
    }),
    notice(12, a, 'pinned', at(12), targetOf(plan)),
    message(13, b, '@you can you take the minutes? And @ada, you know where the projector is.', at(13), {
      mentions: [me, a],
    }),
    message(14, me, 'Sure. @bob I ask you when I get stuck', at(14), {
      mentions: [b],
      reactions: [reaction('👍', b)],
    }),
    message(15, c, '🎉🎉🎉', at(15)),
    message(16, c, 'Someone said @nobody, and wrote to ada@you.example', at(16)),
    message(17, d, 'Everything at once', at(17), {
      reply: quoteOf(long),
      editedAt: at(18),
      earlier: [{ text: 'Everthing at once', at: at(17) }],
      mentions: [me],
      reactions: [...'👍👎😄🎉😕❤🚀👀🔥💯🙏👏🤔😢😮🫡🥳🤝💡⏰'].map((emoji, i) =>
        reaction(emoji, ...everyone.slice(i % 3, 1 + ((i * 7) % 40))),
      ),
    }),
    message(19, a, 'Answering @you with a picture', at(19), {
      mentions: [me],
      reply: quoteOf(edited),
      file: picture('a plan of the rooms.png', 900, 1_400, 'plan'),
    }),
    message(20, e, 'See you all there 👋', at(20)),
  ];
  const pins = [plan, long, shot].map((row, i) => ({ target: targetOf(row), by: i ? d : a, at: at(12 + i) }));
  return exhibit(rows, { pins: pins.toReversed() });
}

/** Files in a public room: nobody has to accept them. */
export function publicFiles(room: RoomId, everyone: readonly AccountId[], now: number): Exhibit {
  const at = (seq: number) => now - (60 - seq) * 3 * minute;
  const [a = me, b = me, c = me] = everyone.slice(1);
  const seen = message(1, a, '', at(1), { file: picture('harbour at dusk.png', 1_920, 1_080, 'dusk', { here: true }) });
  const coming = message(4, b, '', at(4), { file: picture('coming.png', 1_200, 1_200, 'field') });
  const stopped = message(5, b, '', at(5), {
    file: file('lecture.webm', 'video/webm', 734_003_200, {
      durationMs: 2_710_000,
      width: 1_920,
      height: 1_080,
      thumbnail: picture('', 16, 9, 'dusk').thumbnail,
    }),
  });
  const sending = message(12, me, 'On its way', at(12), {
    order: 11.5,
    seq: null,
    delivery: 'sending',
    file: { ...picture('from me.png', 2_400, 1_600, 'dusk', { here: true }), blob: null },
  });
  const preparing = message(13, me, '', at(13), {
    order: 11.6,
    seq: null,
    delivery: 'sending',
    file: file('archive.zip', 'application/zip', 1_610_612_736, { blob: null, here: true }),
  });
  const refused = message(14, me, '', at(14), {
    order: 11.7,
    seq: null,
    delivery: 'failed',
    failure: 'Your storage on this server is full.',
    file: file('too much.tar', 'application/x-tar', 9_663_676_416, { blob: null, here: true }),
  });
  const rows = [
    seen,
    message(2, a, 'The minutes, as PDF', at(2), { file: file('minutes.pdf', 'application/pdf', 184_320) }),
    message(3, c, '', at(3), { file: picture('tall.png', 800, 4_000, 'plan') }),
    coming,
    stopped,
    message(6, c, '', at(6), {
      file: file('clip.webm', 'video/webm', 3_145_728, {
        durationMs: 2_000,
        width: 640,
        height: 360,
        thumbnail: picture('', 640, 360, 'dusk').thumbnail,
        here: true,
      }),
    }),
    message(7, a, '', at(7), { file: file('note to all.wav', 'audio/wav', 8_044, { durationMs: 1_000, here: true }) }),
    message(8, b, 'Open with care', at(8), {
      file: file('invoice\u202efdp.exe', 'application/x-msdownload', 48_128),
    }),
    message(9, b, '', at(9), { file: file(`${'a very long name '.repeat(14)}.docx`, 'application/msword', 20_480) }),
    message(10, c, '', at(10), { file: file('empty mime', '', 12) }),
    message(11, me, 'The plan', at(11), { file: picture('plan.png', 1_000, 700, 'plan', { here: true }) }),
    sending,
    preparing,
    refused,
  ];
  const transfers = [
    transfer(room, coming, {}),
    transfer(room, stopped, {
      state: 'failed',
      bytesPerSecond: null,
      failure: 'The connection broke. What has arrived is kept.',
    }),
    transfer(room, sending, { direction: 'up' }),
    transfer(room, preparing, { direction: 'up', state: 'preparing', doneBytes: 0, bytesPerSecond: null }),
  ];
  return exhibit(rows, { transfers });
}

/** Files in a thread: offered, and answered. */
export function offeredFiles(room: RoomId, others: readonly AccountId[], now: number): Exhibit {
  const at = (seq: number) => now - (60 - seq) * 4 * minute;
  const [a = me, b = me, c = me] = others;
  const coming = message(3, b, '', at(3), {
    file: file('recording.webm', 'video/webm', 94_371_840, {
      durationMs: 754_000,
      width: 1_280,
      height: 720,
      thumbnail: picture('', 16, 9, 'dusk').thumbnail,
      answers: [{ account: me, answer: 'accepted' }],
    }),
  });
  const waiting = message(4, b, '', at(4), {
    file: file('data.csv', 'text/csv', 1_048_576, { answers: [{ account: me, answer: 'accepted' }] }),
  });
  const rows = [
    message(1, a, 'For your eyes', at(1), { file: picture('offer.png', 1_600, 1_000, 'field') }),
    message(2, a, '', at(2), { file: file('contract.pdf', 'application/pdf', 245_760) }),
    coming,
    waiting,
    message(5, c, '', at(5), {
      file: file('no thanks.zip', 'application/zip', 5_242_880, { answers: [{ account: me, answer: 'declined' }] }),
    }),
    message(6, a, 'This one I have', at(6), {
      file: picture('here.png', 1_200, 800, 'dusk', { here: true, answers: [{ account: me, answer: 'received' }] }),
    }),
    message(7, me, 'Mine, with answers', at(7), {
      file: picture('mine.png', 1_500, 1_000, 'plan', {
        here: true,
        answers: [
          { account: a, answer: 'received' },
          { account: b, answer: 'accepted' },
          { account: c, answer: 'declined' },
        ],
      }),
    }),
    message(8, me, '', at(8), { file: file('mine too.pdf', 'application/pdf', 2_097_152, { here: true }) }),
  ];
  const transfers = [
    transfer(room, coming, {}),
    transfer(room, waiting, { state: 'waiting', doneBytes: 0, bytesPerSecond: null }),
  ];
  const receipts = [
    { account: a, delivered: 8 as Seq, read: 8 as Seq },
    { account: b, delivered: 8 as Seq, read: 0 as Seq },
    { account: c, delivered: 5 as Seq, read: 5 as Seq },
  ];
  return exhibit(rows, { transfers, receipts });
}

export const seenAgo = (n: number): number => [4 * minute, 3 * hour, 26 * hour, 9 * 24 * hour][n % 4] ?? hour;
