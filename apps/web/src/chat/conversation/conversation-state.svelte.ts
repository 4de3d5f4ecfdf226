import type { MessageRow, MessageTarget, RoomView } from '@undertone/client/view';
import { type AccountId, limits } from '@undertone/protocol';
import { createContext } from 'svelte';
import type { ChatState } from '../../state/chat-state.svelte.ts';
import { failureSentence } from '../../state/failure.ts';
import type { RoomTimeline } from '../../state/room-timeline.svelte.ts';
import { mentionedIn, mentionKey } from '../../text/mentions.ts';
import { isTarget } from '../../timeline/message-key.ts';
import { countEmoji } from '../emoji/recent-emoji.ts';

/** What the text box is for just now. */
export type Composing =
  | { readonly kind: 'new' }
  | { readonly kind: 'reply'; readonly row: MessageRow }
  | { readonly kind: 'edit'; readonly row: MessageRow };

/** What floats over the conversation; one at a time. */
export type Floating =
  | { readonly kind: 'menu' | 'react'; readonly row: MessageRow; readonly anchor: HTMLElement }
  | { readonly kind: 'delete' | 'history' | 'receipts'; readonly row: MessageRow };

/** A sentence that goes away by itself. */
export interface Hint {
  readonly text: string;
  readonly tone: 'plain' | 'danger';
}

const flashMs = 2_200;
const hintMs = 5_000;
const slowMs = 400;
const fresh: Composing = { kind: 'new' };

export const targetOf = (row: MessageRow): MessageTarget | null =>
  row.seq === null ? null : { seq: row.seq, device: row.device, id: row.id };

/** What can be done with `row` just now. */
export interface Abilities {
  readonly react: boolean;
  readonly reply: boolean;
  readonly edit: boolean;
  readonly pin: boolean;
  readonly copy: boolean;
  readonly hide: boolean;
  readonly retract: boolean;
}

/** One conversation on the screen: what is being answered or edited, what is highlighted, what can be done with a message. */
export class ConversationState {
  readonly chat: ChatState;
  readonly timeline: RoomTimeline;
  readonly #room: () => RoomView;
  #composing = $state.raw<Composing>(fresh);
  #floating = $state.raw<Floating | null>(null);
  #flash = $state<string | null>(null);
  #hint = $state.raw<Hint | null>(null);
  #flashTimer: ReturnType<typeof setTimeout> | undefined;
  #hintTimer: ReturnType<typeof setTimeout> | undefined;
  /** The list's part of a jump: set while it is on the screen. */
  #show: ((key: string) => Promise<void>) | undefined;

  constructor(chat: ChatState, timeline: RoomTimeline, room: () => RoomView) {
    this.chat = chat;
    this.timeline = timeline;
    this.#room = room;
  }

  get room(): RoomView {
    return this.#room();
  }

  get composing(): Composing {
    return this.#composing;
  }

  get floating(): Floating | null {
    return this.#floating;
  }

  /** The key of the row that was jumped to just now. */
  get flash(): string | null {
    return this.#flash;
  }

  get hint(): Hint | null {
    return this.#hint;
  }

  /** The members that `text` names. */
  mentionsIn(text: string): readonly AccountId[] {
    const { room, chat } = this;
    const names = room.members.flatMap((account) => {
      const username = chat.people.get(account)?.username;
      return username === undefined ? [] : [[mentionKey(username), account] as const];
    });
    return mentionedIn(text, new Map(names), limits.mentionsPerMessage);
  }

  isPinned(row: MessageRow): boolean {
    return this.room.pins.some((pin) => isTarget(row, pin.target));
  }

  /** Whether the menu or the reactions of `row` are open beside it. */
  floatsOver(row: MessageRow): boolean {
    const floating = this.#floating;
    if (floating === null || floating.row.key !== row.key || !('anchor' in floating)) return false;
    return floating.anchor.closest('[role="toolbar"]') !== null;
  }

  abilities(row: MessageRow): Abilities {
    const said = row.seq !== null && row.delivery === 'sent';
    const open = said && !row.deleted && this.room.state !== 'gone';
    // Only the device that said something edits it or takes it back.
    const saidHere = open && row.own && !row.elsewhere;
    return {
      react: open,
      reply: open,
      edit: saidHere,
      pin: open,
      copy: row.text !== '' && !row.deleted,
      hide: said,
      retract: saidHere,
    };
  }

  reply(row: MessageRow): void {
    this.#composing = { kind: 'reply', row };
  }

  edit(row: MessageRow): void {
    this.#composing = { kind: 'edit', row };
  }

  /** Back to a message of its own. */
  composeNew(): void {
    this.#composing = fresh;
  }

  /** The own message that ArrowUp edits; there is nothing to edit in a file without words. */
  lastEditable(): MessageRow | undefined {
    const row = this.timeline.rows.findLast(
      (one) => one.kind === 'message' && one.text !== '' && this.abilities(one).edit,
    );
    return row?.kind === 'message' ? row : undefined;
  }

  float(floating: Floating): void {
    this.#floating = floating;
  }

  unfloat(): void {
    this.#floating = null;
  }

  async react(row: MessageRow, emoji: string, on?: boolean): Promise<void> {
    const target = targetOf(row);
    const { me } = this.chat;
    if (!target || me === null) return;
    // The row may have changed while the picker was open.
    const now = this.live(row)?.reactions ?? row.reactions;
    const mine = now.some((one) => one.emoji === emoji && one.accounts.includes(me));
    const wanted = on ?? !mine;
    if (wanted === mine) return;
    if (wanted) countEmoji(emoji);
    await this.run(this.chat.core.react(this.room.id, target, emoji, wanted));
  }

  async togglePin(row: MessageRow): Promise<void> {
    const target = targetOf(row);
    if (target) await this.run(this.chat.core.pin(this.room.id, target, !this.isPinned(row)));
  }

  async unpin(target: MessageTarget): Promise<void> {
    await this.run(this.chat.core.pin(this.room.id, target, false));
  }

  async hide(row: MessageRow): Promise<void> {
    const target = targetOf(row);
    if (target) await this.run(this.chat.core.deleteMessage(this.room.id, target, 'me'));
  }

  async copy(row: MessageRow): Promise<void> {
    try {
      await navigator.clipboard.writeText(row.text);
      this.say({ text: 'Copied.', tone: 'plain' });
    } catch {
      this.say({ text: 'The browser did not allow copying.', tone: 'danger' });
    }
  }

  /** The row as it is now, if it is loaded. */
  live(row: MessageRow): MessageRow | undefined {
    return this.timeline.message(row);
  }

  /** The row of the message that is meant, if it is loaded. */
  find(target: MessageTarget): MessageRow | undefined {
    const row = this.timeline.message(target);
    return row && isTarget(row, target) ? row : undefined;
  }

  /** The list is there, and scrolls to rows. Returns the function that ends it. */
  listShows(show: (key: string) => Promise<void>): () => void {
    this.#show = show;
    return () => {
      if (this.#show === show) this.#show = undefined;
    };
  }

  /** Scroll to the message at `seq`, loading what lies between, and highlight it. */
  async jumpTo(seq: number): Promise<boolean> {
    // Far back, many pages are fetched.
    const slow = setTimeout(() => this.say({ text: 'Looking for the message …', tone: 'plain' }), slowMs);
    const key = await this.timeline.reach(seq);
    clearTimeout(slow);
    this.unsay();
    if (key === null || !this.#show) {
      this.say({ text: 'That is a message that is not on this browser.', tone: 'plain' });
      return false;
    }
    await this.#show(key);
    clearTimeout(this.#flashTimer);
    this.#flash = key;
    this.#flashTimer = setTimeout(() => {
      this.#flash = null;
    }, flashMs);
    return true;
  }

  say(hint: Hint): void {
    clearTimeout(this.#hintTimer);
    this.#hint = hint;
    this.#hintTimer = setTimeout(() => this.unsay(), hintMs);
  }

  unsay(): void {
    clearTimeout(this.#hintTimer);
    this.#hint = null;
  }

  /** Await an action; its failure becomes a sentence. Returns whether it succeeded. */
  async run(action: Promise<void>): Promise<boolean> {
    try {
      await action;
      return true;
    } catch (error) {
      this.say({ text: failureSentence(error), tone: 'danger' });
      return false;
    }
  }

  end(): void {
    clearTimeout(this.#flashTimer);
    clearTimeout(this.#hintTimer);
  }

  nameOf(account: AccountId): string {
    return account === this.chat.me ? 'You' : this.chat.nameOf(account);
  }
}

export const [getConversation, setConversation] = createContext<ConversationState>();
