import type { Core } from '@undertone/client/view';
import type { RoomId } from '@undertone/protocol';

const quietMs = 400;

/** Keeps a room's draft in the core: a moment after the last change, and at once on `flush`. */
export class DraftKeeper {
  readonly #core: Pick<Core, 'saveDraft'>;
  readonly #room: RoomId;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #saved: string;
  #wanted: string;

  constructor(core: Pick<Core, 'saveDraft'>, room: RoomId, saved: string) {
    this.#core = core;
    this.#room = room;
    this.#saved = saved;
    this.#wanted = saved;
  }

  change(text: string): void {
    this.#wanted = text;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), quietMs);
  }

  flush(): void {
    clearTimeout(this.#timer);
    const text = this.#wanted;
    if (text === this.#saved) return;
    this.#saved = text;
    // It stays in the composer; the next change tries again.
    this.#core.saveDraft(this.#room, text).catch(() => {
      this.#saved = '';
    });
  }
}
