import type { MessageRow } from '@undertone/client/view';
import type { Component } from 'svelte';
import {
  CopyIcon,
  DeleteIcon,
  EditIcon,
  HideIcon,
  HistoryIcon,
  PinIcon,
  ReactIcon,
  ReadIcon,
  ReplyIcon,
  UnpinIcon,
} from '../../components/icons.ts';
import type { ConversationState } from './conversation-state.svelte.ts';

export interface MessageAction {
  readonly id: string;
  readonly label: string;
  readonly icon: Component<{ size?: number }>;
  readonly tone?: 'danger';
  readonly run: () => void;
}

/** All that can be done with `row`, for its menu. `anchor`: what the menu hangs on; it may be gone once that is closed, its message is not. */
export function messageActions(
  conversation: ConversationState,
  row: MessageRow,
  anchor: HTMLElement,
): readonly MessageAction[] {
  const message = anchor.closest<HTMLElement>('article') ?? anchor;
  const can = conversation.abilities(row);
  const pinned = conversation.isPinned(row);
  const actions: (MessageAction | false)[] = [
    can.react && {
      id: 'react',
      label: 'React',
      icon: ReactIcon,
      run: () => conversation.float({ kind: 'react', row, anchor: message }),
    },
    can.reply && { id: 'reply', label: 'Reply', icon: ReplyIcon, run: () => conversation.reply(row) },
    can.edit && { id: 'edit', label: 'Edit', icon: EditIcon, run: () => conversation.edit(row) },
    can.copy && { id: 'copy', label: 'Copy text', icon: CopyIcon, run: () => void conversation.copy(row) },
    can.pin && {
      id: 'pin',
      label: pinned ? 'Unpin' : 'Pin for everyone',
      icon: pinned ? UnpinIcon : PinIcon,
      run: () => void conversation.togglePin(row),
    },
    row.earlier.length > 0 && {
      id: 'history',
      label: 'Show edit history',
      icon: HistoryIcon,
      run: () => conversation.float({ kind: 'history', row }),
    },
    row.own &&
      row.seq !== null &&
      !row.deleted &&
      conversation.room.kind === 'thread' && {
        id: 'receipts',
        label: 'Who has it',
        icon: ReadIcon,
        run: () => conversation.float({ kind: 'receipts', row }),
      },
    can.hide && { id: 'hide', label: 'Delete for me', icon: HideIcon, run: () => void conversation.hide(row) },
    can.retract && {
      id: 'delete',
      label: 'Delete for everyone',
      icon: DeleteIcon,
      tone: 'danger',
      run: () => conversation.float({ kind: 'delete', row }),
    },
  ];
  return actions.filter((action) => action !== false);
}
