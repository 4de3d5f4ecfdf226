import {
  CoreError,
  type CoreEvent,
  type FileAnswerView,
  type FileToSend,
  type MessageRow,
  type TransferView,
  transferId,
} from '@undertone/client/view';
import type { EntryId, RoomId, Seq } from '@undertone/protocol';
import { drawnPdf, drawnPicture, drawnSound, drawnVideo } from './pictures.ts';
import { me, newBlob } from './rows.ts';

interface FilesDeps {
  readonly transfers: Map<string, TransferView>;
  readonly emit: (event: CoreEvent) => void;
  readonly row: (room: RoomId, id: EntryId) => MessageRow | undefined;
  readonly put: (room: RoomId, row: MessageRow) => void;
  readonly remove: (room: RoomId, row: MessageRow) => void;
}

const tickMs = 200;
/** Whatever its size, a transfer takes about this long. */
const wholeMs = 4_000;

/** Transfers of the fake core: they move by themselves. A file whose name begins with `fail` stops halfway, once. */
export class FakeFiles {
  readonly #deps: FilesDeps;
  readonly #contents = new Map<string, Blob>();
  readonly #failed = new Set<string>();

  constructor(deps: FilesDeps) {
    this.#deps = deps;
    for (const transfer of deps.transfers.values()) {
      if (transfer.state !== 'failed') this.#move(transfer.id);
    }
  }

  send(room: RoomId, row: MessageRow, sent: FileToSend, order: number): void {
    this.#contents.set(row.key, sent.content);
    this.#deps.put(room, {
      ...row,
      file: {
        blob: null,
        name: sent.name,
        mediaType: sent.mediaType,
        bytes: sent.content.size,
        width: sent.width ?? null,
        height: sent.height ?? null,
        durationMs: sent.durationMs ?? null,
        thumbnail: sent.thumbnail ?? null,
        answers: [],
        here: true,
      },
      order,
    });
    this.#begin(room, row, 'up', sent.content.size);
  }

  accept(room: RoomId, id: EntryId, thread: boolean): void {
    const row = this.#deps.row(room, id);
    if (!row?.file) return;
    if (thread) this.#answer(room, row, 'accepted');
    this.#begin(room, row, 'down', row.file.bytes);
  }

  decline(room: RoomId, id: EntryId): void {
    const row = this.#deps.row(room, id);
    if (row) this.#answer(room, row, 'declined');
  }

  cancel(id: string): void {
    const transfer = this.#deps.transfers.get(id);
    const row = transfer && this.#rowOf(transfer);
    this.#end(id);
    if (row && transfer.direction === 'up') this.#deps.remove(transfer.room, row);
  }

  resume(id: string): void {
    this.#tell(id, { state: 'running', failure: null });
    this.#move(id);
  }

  async open(room: RoomId, id: EntryId): Promise<Blob> {
    const row = this.#deps.row(room, id);
    const file = row?.file;
    if (!file?.here) throw new CoreError({ code: 'file_damaged', message: 'This file is not on this browser.' });
    const own = this.#contents.get(row?.key ?? '');
    if (own) return own;
    if (file.mediaType.startsWith('image/')) return drawnPicture('dusk', file.width ?? 800, file.height ?? 600);
    if (file.mediaType.startsWith('video/')) return drawnVideo();
    if (file.mediaType.startsWith('audio/')) return drawnSound();
    if (file.mediaType === 'application/pdf') return drawnPdf();
    return new Blob([`The content of ${file.name}\n`], { type: 'text/plain' });
  }

  /** Keys of rows are the ids of their messages here. */
  #rowOf({ id, room }: TransferView): MessageRow | undefined {
    return this.#deps.row(room, id.slice(transferId(room, '').length) as EntryId);
  }

  #answer(room: RoomId, row: MessageRow, answer: FileAnswerView['answer']): void {
    if (!row.file) return;
    const others = row.file.answers.filter((one) => one.account !== me);
    const here = row.file.here || answer === 'received';
    this.#deps.put(room, { ...row, file: { ...row.file, here, answers: [...others, { account: me, answer }] } });
  }

  #begin(room: RoomId, row: MessageRow, direction: 'up' | 'down', totalBytes: number): void {
    const id = transferId(room, row.key);
    const state = direction === 'up' ? 'preparing' : 'running';
    const transfer = {
      id,
      room,
      direction,
      state,
      doneBytes: 0,
      totalBytes,
      bytesPerSecond: null,
      failure: null,
    } as const;
    this.#deps.transfers.set(id, transfer);
    this.#deps.emit({ type: 'transfers', transfers: [transfer], ended: [] });
    this.#move(id);
  }

  #move(id: string): void {
    setTimeout(() => {
      const transfer = this.#deps.transfers.get(id);
      if (!transfer || transfer.state === 'failed') return;
      const row = this.#rowOf(transfer);
      const bytesPerSecond = (transfer.totalBytes / wholeMs) * 1_000;
      const doneBytes = Math.min(transfer.totalBytes, transfer.doneBytes + (bytesPerSecond * tickMs) / 1_000);
      if (row?.file?.name.startsWith('fail') && doneBytes > transfer.totalBytes / 2 && !this.#failed.has(id)) {
        this.#failed.add(id);
        this.#tell(id, {
          state: 'failed',
          bytesPerSecond: null,
          failure: 'The connection broke. What has arrived is kept.',
        });
        return;
      }
      if (doneBytes >= transfer.totalBytes) {
        this.#end(id);
        if (row) this.#arrived(transfer, row);
        return;
      }
      this.#tell(id, { state: 'running', doneBytes: Math.round(doneBytes), bytesPerSecond });
      this.#move(id);
    }, tickMs);
  }

  #arrived({ room, direction }: TransferView, row: MessageRow): void {
    if (!row.file) return;
    if (direction === 'up') {
      const seq = Math.ceil(row.order) as Seq;
      this.#deps.put(room, { ...row, delivery: 'sent', seq, order: seq, file: { ...row.file, blob: newBlob() } });
    } else if (row.file.answers.some((one) => one.account === me)) this.#answer(room, row, 'received');
    else this.#deps.put(room, { ...row, file: { ...row.file, here: true } });
  }

  #tell(id: string, fields: Partial<TransferView>): void {
    const transfer = this.#deps.transfers.get(id);
    if (!transfer) return;
    const changed = { ...transfer, ...fields };
    this.#deps.transfers.set(id, changed);
    this.#deps.emit({ type: 'transfers', transfers: [changed], ended: [] });
  }

  #end(id: string): void {
    this.#deps.transfers.delete(id);
    this.#deps.emit({ type: 'transfers', transfers: [], ended: [id] });
  }
}
