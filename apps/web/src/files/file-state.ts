import type { FileAnswerView, FileView, MessageRow, TransferView } from '@undertone/client/view';
import type { AccountId } from '@undertone/protocol';

/** Where a file stands for the person at this browser. */
export type FileState =
  | { readonly kind: 'moving' | 'failed'; readonly transfer: TransferView }
  /** On this browser. */
  | { readonly kind: 'here' }
  /** Someone in a thread offers it, and waits for an answer. */
  | { readonly kind: 'offered' }
  | { readonly kind: 'declined' }
  /** On the server; it can be fetched. */
  | { readonly kind: 'away' }
  /** Not said yet: its message waits, or was refused. */
  | { readonly kind: 'unsent' };

interface Situation {
  readonly transfer: TransferView | undefined;
  readonly thread: boolean;
  readonly me: AccountId | null;
}

export function fileStateOf(row: MessageRow, file: FileView, { transfer, thread, me }: Situation): FileState {
  if (transfer) return { kind: transfer.state === 'failed' ? 'failed' : 'moving', transfer };
  if (row.seq === null) return { kind: 'unsent' };
  if (file.here) return { kind: 'here' };
  if (row.own || !thread) return { kind: 'away' };
  const mine = file.answers.find(({ account }) => account === me)?.answer;
  if (mine === undefined) return { kind: 'offered' };
  return { kind: mine === 'declined' ? 'declined' : 'away' };
}

/** What became of an offer with one person. */
export type AnswerState = FileAnswerView['answer'] | 'offered';

export const answerWords: Readonly<Record<AnswerState, string>> = {
  offered: 'Offered',
  accepted: 'Accepted',
  declined: 'Declined',
  received: 'Received',
};

export const answerOf = (file: FileView, account: AccountId): AnswerState =>
  file.answers.find((one) => one.account === account)?.answer ?? 'offered';

/** `2 received, 1 declined, 4 offered`, the furthest first. */
export function answerSummary(states: readonly AnswerState[]): string {
  return (['received', 'accepted', 'declined', 'offered'] as const)
    .map((state) => [states.filter((one) => one === state).length, state] as const)
    .filter(([count]) => count > 0)
    .map(([count, state]) => `${count} ${state}`)
    .join(', ');
}
