import type { MessageRow, PinView } from '@undertone/client/view';
import type { AccountId } from '@undertone/protocol';

export const changedByEdit = (row: MessageRow, text: string, mentions: readonly AccountId[]): MessageRow => ({
  ...row,
  text,
  mentions,
  earlier: [...row.earlier, { text: row.text, at: row.editedAt ?? row.at }],
  editedAt: Date.now(),
});

export const changedByDelete = (row: MessageRow): MessageRow => ({
  ...row,
  text: '',
  file: null,
  reply: null,
  mentions: [],
  reactions: [],
  earlier: [],
  editedAt: null,
  deleted: true,
});

export function changedByReaction(row: MessageRow, emoji: string, account: AccountId, on: boolean): MessageRow {
  const known = row.reactions.some((one) => one.emoji === emoji);
  const reactions = (known ? row.reactions : [...row.reactions, { emoji, accounts: [] }])
    .map((one) => {
      if (one.emoji !== emoji) return one;
      const others = one.accounts.filter((other) => other !== account);
      return { emoji, accounts: on ? [...others, account] : others };
    })
    .filter((one) => one.accounts.length > 0);
  return { ...row, reactions };
}

export function changedByPin(pins: readonly PinView[], pin: PinView, on: boolean): readonly PinView[] {
  const others = pins.filter((one) => one.target.id !== pin.target.id);
  return on ? [pin, ...others] : others;
}
