import type { MessageRow, TimelineRow } from '@undertone/client/view';
import type { AccountId } from '@undertone/protocol';
import { fakeSentences } from './names.ts';
import { file, me, message, notice, picture, quoteOf, reaction } from './rows.ts';

const minute = 60_000;
/** What was said was said before this. */
export const started = Date.now();

/** Numbers that are the same on every load. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** `count` messages with notices between, ending a few minutes ago. */
export function chatter(
  seed: number,
  members: readonly AccountId[],
  count: number,
  spreadMinutes: number,
): TimelineRow[] {
  const roll = dice(seed);
  const rows: TimelineRow[] = [];
  let at = started - 3 * minute;
  let who = members[0] ?? me;
  for (let seq = count; seq >= 1; seq--) {
    if (roll() > 0.45) who = members[Math.floor(roll() * members.length)] ?? me;
    if (roll() > 0.965) rows.push(notice(seq, who, roll() > 0.4 ? 'joined' : 'left', at));
    else rows.push(message(seq, who, fakeSentences[Math.floor(roll() * fakeSentences.length)] ?? '', at));
    at -= roll() ** 4 * spreadMinutes * minute;
  }
  return rows.reverse();
}

/** Reactions, replies, edits and pictures here and there, as people make them. */
export function seasoned(seed: number, rows: readonly TimelineRow[], members: readonly AccountId[]): TimelineRow[] {
  const roll = dice(seed);
  const messages: MessageRow[] = [];
  return rows.map((row) => {
    if (row.kind !== 'message') return row;
    const fields: { -readonly [K in keyof MessageRow]?: MessageRow[K] } = {};
    const answered = messages[messages.length - 1 - Math.floor(roll() * 12)];
    if (roll() > 0.9) {
      const some = members.slice(0, 1 + Math.floor(roll() * 5));
      fields.reactions = [reaction('👍', ...some), ...(roll() > 0.5 ? [reaction('😄', me)] : [])];
    }
    if (roll() > 0.95 && answered) fields.reply = quoteOf(answered);
    if (roll() > 0.98) {
      fields.editedAt = row.at + minute;
      fields.earlier = [{ text: `${row.text} (at first)`, at: row.at }];
    }
    if (roll() > 0.96) {
      const tall = roll() > 0.7;
      fields.file = picture(`${row.order}.png`, tall ? 900 : 1_600, tall ? 1_200 : 900, tall ? 'plan' : 'dusk', {
        here: true,
      });
    } else if (roll() > 0.99) {
      fields.file = file(`${row.order}.pdf`, 'application/pdf', 200_000);
    }
    const seasonedRow = { ...row, ...fields };
    messages.push(seasonedRow);
    return seasonedRow;
  });
}
