import type { RoomId } from '@undertone/protocol';
import { tick } from 'svelte';
import { newEntryId } from '../../app/ids.ts';
import { failureSentence } from '../../state/failure.ts';
import { touch } from '../../state/layout.svelte.ts';
import { type Composing, type ConversationState, targetOf } from './conversation-state.svelte.ts';
import { DraftKeeper } from './draft.ts';
import type { TextBox } from './text-box.svelte.ts';

/** What is being written in the text box and how it is sent: something new, which is kept as a draft, a reply, or an edit. */
export class Writing {
  readonly #conversation: ConversationState;
  readonly #room: RoomId;
  readonly #box: TextBox;
  readonly #onSent: () => void;
  readonly #keeper: DraftKeeper;
  #failure = $state<string>();
  /** What was being written when an edit began; it comes back afterwards. */
  #setAside = '';
  #before: Composing = { kind: 'new' };
  #gone = false;

  constructor(conversation: ConversationState, box: TextBox, onSent: () => void) {
    const { chat, room } = conversation;
    this.#conversation = conversation;
    this.#room = room.id;
    this.#box = box;
    this.#onSent = onSent;
    this.#keeper = new DraftKeeper(chat.core, room.id, room.draft);
  }

  get failure(): string | undefined {
    return this.#failure;
  }

  /** Go over to what is to be written now. False if it is no other than before. */
  switchTo(now: Composing): boolean {
    if (now.kind === 'new' && this.#before.kind === 'new') return false;
    if (now === this.#before) return false;
    const box = this.#box;
    if (this.#before.kind === 'edit') box.text = this.#setAside;
    if (now.kind === 'edit') {
      this.#setAside = box.text;
      box.text = now.row.text;
    }
    this.#before = now;
    this.#failure = undefined;
    void tick().then(() => {
      box.grow();
      if (now.kind !== 'new' || !touch.current) box.focusAt(box.text.length);
    });
    return true;
  }

  /** The person typed. */
  typed(): void {
    this.#failure = undefined;
    this.keep();
    const { chat, composing } = this.#conversation;
    if (composing.kind !== 'edit' && this.#box.text !== '') chat.core.typing(this.#room).catch(() => undefined);
  }

  /** The text changed: it is kept, unless it is an edit. */
  keep(): void {
    if (this.#conversation.composing.kind !== 'edit') this.#keeper.change(this.#box.text);
  }

  flush(): void {
    this.#keeper.flush();
  }

  async send(): Promise<void> {
    const { composing } = this.#conversation;
    if (composing.kind === 'edit') await this.#sendEdit(composing);
    else await this.#sendNew(composing);
  }

  async #sendEdit(edit: Extract<Composing, { kind: 'edit' }>): Promise<void> {
    const conversation = this.#conversation;
    const said = this.#box.text;
    const target = targetOf(edit.row);
    conversation.composeNew();
    if (!target || said === edit.row.text) return;
    const editing = conversation.chat.core.editText(this.#room, target, said, conversation.mentionsIn(said));
    const changed = await conversation.run(editing);
    if (changed || this.#gone || conversation.composing.kind !== 'new') return;
    conversation.edit(edit.row);
    await tick();
    this.#box.text = said;
  }

  async #sendNew(reply: Composing): Promise<void> {
    const conversation = this.#conversation;
    const box = this.#box;
    const sent = box.text;
    const target = reply.kind === 'reply' ? targetOf(reply.row) : null;
    box.text = '';
    this.#failure = undefined;
    if (reply.kind === 'reply') conversation.composeNew();
    this.#onSent();
    // The box is as high as what it showed until the empty text is drawn.
    void tick().then(() => box.grow());
    try {
      await conversation.chat.core.sendText(this.#room, {
        id: newEntryId(),
        text: sent,
        mentions: conversation.mentionsIn(sent),
        ...(target && { reply: target }),
      });
      if (conversation.composing.kind === 'edit') return;
      this.#keeper.change(box.text);
      this.#keeper.flush();
    } catch (error) {
      this.#failure = failureSentence(error);
      if (conversation.composing.kind === 'edit') {
        this.#setAside = this.#setAside === '' ? sent : `${sent}\n${this.#setAside}`;
        return;
      }
      // What was typed meanwhile comes after what could not be sent.
      box.text = box.text === '' ? sent : `${sent}\n${box.text}`;
      if (reply.kind === 'reply' && conversation.composing.kind === 'new') conversation.reply(reply.row);
      this.#keeper.change(box.text);
      if (this.#gone) this.#keeper.flush();
      void tick().then(() => box.grow());
    }
  }

  /** The text box goes away; what is still being sent goes on. */
  end(): void {
    this.#gone = true;
    this.flush();
  }
}
