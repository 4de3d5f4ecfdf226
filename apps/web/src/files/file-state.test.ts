import type { FileAnswerView, FileView, MessageRow, TransferView } from '@undertone/client/view';
import { AccountId, RoomId } from '@undertone/protocol';
import { expect, it } from 'vitest';
import { accountOf, file, message } from '../testing/rows.ts';
import { answerOf, answerSummary, fileStateOf } from './file-state.ts';

const me = accountOf(0);
const other = accountOf(1);

interface Case {
  readonly own?: boolean;
  readonly sent?: boolean;
  readonly here?: boolean;
  readonly thread?: boolean;
  readonly answer?: FileAnswerView['answer'];
  readonly transfer?: TransferView['state'];
}

function stateOf({ own = false, sent = true, here = false, thread = true, answer, transfer }: Case): string {
  const offered: FileView = file('a.txt', 'text/plain', 10, {
    here,
    answers: answer ? [{ account: me, answer }] : [],
  });
  const row: MessageRow = message(1, own ? me : other, '', 0, { file: offered, ...(!sent && { seq: null }) });
  const moving: TransferView | undefined = transfer && {
    id: row.key,
    room: RoomId.parse('00000000-0000-4000-8000-000000000001'),
    direction: 'down',
    state: transfer,
    doneBytes: 0,
    totalBytes: 10,
    bytesPerSecond: null,
    failure: null,
  };
  return fileStateOf(row, offered, { transfer: moving, thread, me }).kind;
}

it.each<[Case, string]>([
  [{}, 'offered'],
  [{ answer: 'declined' }, 'declined'],
  [{ answer: 'accepted' }, 'away'],
  [{ answer: 'accepted', transfer: 'running' }, 'moving'],
  [{ answer: 'accepted', transfer: 'failed' }, 'failed'],
  [{ answer: 'received', here: true }, 'here'],
  [{ thread: false }, 'away'],
  [{ thread: false, transfer: 'waiting' }, 'moving'],
  [{ thread: false, here: true }, 'here'],
  [{ own: true }, 'away'],
  [{ own: true, here: true }, 'here'],
  [{ own: true, sent: false, here: true }, 'unsent'],
  [{ own: true, sent: false, here: true, transfer: 'preparing' }, 'moving'],
])('%o is %s', (one, kind) => {
  expect(stateOf(one)).toBe(kind);
});

it('answers: who has said nothing was offered it', () => {
  const offered = file('a.txt', 'text/plain', 10, { answers: [{ account: other, answer: 'received' }] });
  expect(answerOf(offered, other)).toBe('received');
  expect(answerOf(offered, AccountId.parse(accountOf(2)))).toBe('offered');
  expect(answerSummary(['offered', 'received', 'offered', 'declined'])).toBe('1 received, 1 declined, 2 offered');
});
