import type { MessageRow } from '@undertone/client/view';
import { newEntryId } from '../../../app/ids.ts';
import { kindOf } from '../../../files/file-kinds.ts';
import { shortened } from '../../../files/file-names.ts';
import { factsOf, type MediaFacts } from '../../../files/media-facts.ts';
import { canStrip, withoutMetadata } from '../../../files/metadata/strip-metadata.ts';
import type { ConversationState } from '../conversation-state.svelte.ts';

/** A file that was chosen and is not sent yet. */
export class ChosenFile {
  readonly id = newEntryId();
  readonly file: File;
  /** As it is sent: its own, unless that is too long. */
  readonly name: string;
  readonly isPicture: boolean;
  /** Thumbnail, measures and the clean copy are made, as far as they can be. */
  readonly ready: Promise<void>;
  #facts = $state.raw<MediaFacts | null>(null);
  /** Without location and camera data; null where that cannot be done. */
  #clean: Blob | null = null;
  /** Why it was not sent, or cannot be. */
  failure = $state<string>();

  constructor(file: File) {
    this.file = file;
    this.name = shortened(file.name);
    this.isPicture = file.type.startsWith('image/') || kindOf(file.type) === 'picture';
    if (file.size === 0) this.failure = 'This file is empty.';
    this.ready = this.#prepare();
  }

  get facts(): MediaFacts | null {
    return this.#facts;
  }

  /** Whether location and camera data stay in it whatever was chosen. Known once there are facts. */
  get keepsMetadata(): boolean {
    return this.isPicture && this.#facts !== null && this.#clean === null && this.file.size > 0;
  }

  /** What is sent. */
  content(strip: boolean): Blob {
    return (strip ? this.#clean : null) ?? this.file;
  }

  async #prepare(): Promise<void> {
    if (this.file.size > 0 && canStrip(this.file.type)) {
      this.#clean = await withoutMetadata(this.file).catch(() => null);
    }
    this.#facts = this.file.size > 0 ? await factsOf(this.file) : {};
  }
}

/** What is done with files in one conversation: those chosen to be sent, and the one that is looked at. */
export class ConversationFiles {
  #chosen = $state.raw<readonly ChosenFile[]>([]);
  #viewed = $state.raw<MessageRow | null>(null);

  get chosen(): readonly ChosenFile[] {
    return this.#chosen;
  }

  /** The message whose file fills the window. */
  get viewed(): MessageRow | null {
    return this.#viewed;
  }

  add(files: readonly File[]): void {
    this.#chosen = [...this.#chosen, ...files.map((file) => new ChosenFile(file))];
  }

  remove(chosen: ChosenFile): void {
    this.#chosen = this.#chosen.filter((one) => one !== chosen);
  }

  clear(): void {
    this.#chosen = [];
  }

  view(row: MessageRow | null): void {
    this.#viewed = row;
  }
}

const ofConversation = new WeakMap<ConversationState, ConversationFiles>();

export function filesOf(conversation: ConversationState): ConversationFiles {
  let files = ofConversation.get(conversation);
  if (!files) {
    files = new ConversationFiles();
    ofConversation.set(conversation, files);
  }
  return files;
}
