import type { Core, MessageTarget } from '@undertone/client/view';
import type { RoomId } from '@undertone/protocol';
import { messageKey } from '../timeline/message-key.ts';

const keptMaxBytes = 64 * 1024 * 1024;
const keptMax = 48;

type Open = (room: RoomId, target: MessageTarget) => Promise<Blob>;

/** Decrypted files that were looked at last, so that scrolling back does not decrypt them again. */
export class OpenedFiles {
  readonly #open: Open;
  readonly #kept = new Map<string, { readonly blob: Promise<Blob>; bytes: number }>();

  constructor(open: Open) {
    this.#open = open;
  }

  open(room: RoomId, target: MessageTarget): Promise<Blob> {
    const key = `${room}/${target.seq}/${messageKey(target)}`;
    const known = this.#kept.get(key);
    if (known) {
      this.#kept.delete(key);
      this.#kept.set(key, known);
      return known.blob;
    }
    const entry = { blob: this.#open(room, target), bytes: 0 };
    this.#kept.set(key, entry);
    entry.blob.then(
      ({ size }) => {
        entry.bytes = size;
        this.#trim();
      },
      () => {
        if (this.#kept.get(key) === entry) this.#kept.delete(key);
      },
    );
    return entry.blob;
  }

  /** Nothing of it stays in this tab's memory. */
  clear(): void {
    this.#kept.clear();
  }

  #trim(): void {
    let bytes = [...this.#kept.values()].reduce((sum, entry) => sum + entry.bytes, 0);
    for (const [key, entry] of this.#kept) {
      if (bytes <= keptMaxBytes && this.#kept.size <= keptMax) return;
      this.#kept.delete(key);
      bytes -= entry.bytes;
    }
  }
}

const ofCore = new WeakMap<Core, OpenedFiles>();

export function openedFilesOf(core: Core): OpenedFiles {
  let files = ofCore.get(core);
  if (!files) {
    files = new OpenedFiles((room, target) => core.openFile(room, target));
    ofCore.set(core, files);
    const opened = files;
    core.subscribe((event) => {
      if (event.type !== 'snapshot') return;
      const { phase } = event.snapshot.session;
      if (phase === 'locked' || phase === 'signed_out') opened.clear();
    });
  }
  return files;
}
