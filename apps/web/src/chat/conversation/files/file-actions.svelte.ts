import { type MessageRow, type MessageTarget, transferId } from '@undertone/client/view';
import type { Attachment } from 'svelte/attachments';
import { saveAs } from '../../../files/blob-views.ts';
import { openedFilesOf } from '../../../files/opened-files.ts';
import { failureSentence } from '../../../state/failure.ts';
import { type ConversationState, targetOf } from '../conversation-state.svelte.ts';

/** Transfers of pictures that were fetched by themselves once: whoever stops one does not see it begin again. */
const fetched = new Set<string>();

/** What one can do with the file of a message, and how it went. */
export class FileActions {
  readonly #conversation: ConversationState;
  readonly #row: () => MessageRow;
  #busy = $state(false);
  #failure = $state<string>();

  constructor(conversation: ConversationState, row: () => MessageRow) {
    this.#conversation = conversation;
    this.#row = row;
  }

  /** The core has not answered yet. */
  get busy(): boolean {
    return this.#busy;
  }

  /** The sentence of what went wrong last. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Accept an offer, or fetch what is there for all. */
  accept(): Promise<void> {
    return this.#run((target) => this.#core.acceptFile(this.#room, target));
  }

  decline(): Promise<void> {
    return this.#run((target) => this.#core.declineFile(this.#room, target));
  }

  resume(): Promise<void> {
    return this.#run(() => this.#core.resumeTransfer(this.#transfer));
  }

  cancel(): Promise<void> {
    return this.#run(() => this.#core.cancelTransfer(this.#transfer));
  }

  /** To the downloads, under `name`. */
  save(name: string): Promise<void> {
    return this.#run(async (target) => saveAs(await this.#core.openFile(this.#room, target), name));
  }

  /** Its decrypted content. */
  async open(): Promise<Blob> {
    const target = targetOf(this.#row());
    if (!target) throw new Error('It is not sent yet.');
    return openedFilesOf(this.#core).open(this.#room, target);
  }

  /** Fetch it as soon as the element is in view. */
  readonly whenSeen: Attachment<HTMLElement> = (element) => {
    const transfer = this.#transfer;
    if (fetched.has(transfer)) return;
    const observer = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      fetched.add(transfer);
      void this.accept();
    });
    observer.observe(element);
    return () => observer.disconnect();
  };

  get #core() {
    return this.#conversation.chat.core;
  }

  get #room() {
    return this.#conversation.room.id;
  }

  get #transfer() {
    return transferId(this.#room, this.#row().key);
  }

  async #run(action: (target: MessageTarget) => Promise<void>): Promise<void> {
    const row = this.#row();
    // Transfers are named by the row's key: they can be stopped before their message is sent.
    const target = targetOf(row) ?? { seq: 0 as MessageTarget['seq'], device: row.device, id: row.id };
    this.#busy = true;
    this.#failure = undefined;
    try {
      await action(target);
    } catch (error) {
      this.#failure = failureSentence(error);
    }
    this.#busy = false;
  }
}
