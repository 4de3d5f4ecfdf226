import { type EntryId, ProtocolError, type RoomId, type Seq, toBase64url } from '@undertone/protocol';
import type { MessageTarget } from '../content/document.ts';
import type { StoredFile } from '../files/file-port.ts';
import {
  type EntryRecord,
  entryKey,
  type FileSecret,
  type OutboxRecord,
  type UnsentDocument,
} from '../storage/records.ts';
import type { FileToSend, MessageRow } from '../view/index.ts';
import { newEntryId } from './enter-group.ts';
import { fileDocument } from './file-document.ts';
import type { RoomStore } from './room-store.ts';
import { ownKey, pendingRow, seqOfRow } from './rows.ts';

/** A message as it is shown, with what opens its file. */
export interface FoundMessage {
  readonly row: MessageRow;
  readonly file: FileSecret | undefined;
}

/** What the files of a room need of the rest of it. */
interface RoomActions {
  /** Put a document into the outbox; one that is `uploading` waits there. */
  say(id: EntryId, document: UnsentDocument, uploading?: boolean): Promise<OutboxRecord>;
  /** Fails with `unknown_message` where it is not here. */
  find(target: MessageTarget): Promise<FoundMessage>;
  /** Look whether there is something to send. */
  wake(): void;
}

/** The files of one room's messages: offered, answered, fetched, opened (SPEC F, C10). */
export class RoomFiles {
  readonly #store: RoomStore;
  readonly #actions: RoomActions;
  /** Places of messages whose files were asked for here, by the keys of their rows. */
  readonly #fetching = new Map<string, Seq>();

  constructor(store: RoomStore, actions: RoomActions) {
    this.#store = store;
    this.#actions = actions;
  }

  get #room(): RoomId {
    return this.#store.record.room.id;
  }

  /** Put a file's message into the outbox; it is sent when its file is on the server. */
  async send(file: FileToSend): Promise<EntryId> {
    const { id, content } = file;
    const item = await this.#actions.say(id, fileDocument(file), true);
    const { deps, outbox } = this.#store;
    const row = ownKey(deps.self.device, id);
    try {
      if (item.uploading) await deps.files.send({ room: this.#room, id, row, content });
    } catch (error) {
      await outbox.remove(id);
      await this.#store.showPending([], [{ key: row, seq: null }]);
      throw error;
    }
    return id;
  }

  /** The file of a message of this room's outbox is on the server. */
  async uploaded(id: EntryId, { blob, key, digest }: FileSecret): Promise<void> {
    const { outbox, deps } = this.#store;
    const item = outbox.find(id);
    if (item?.uploading !== true || item.document.type !== 'file') return;
    const { uploading: _uploading, ...rest } = item;
    const stored = { blob, key: toBase64url(key), digest: toBase64url(digest) };
    const ready: OutboxRecord = { ...rest, document: { ...item.document, ...stored } };
    await outbox.update(ready);
    await this.#store.showPending([pendingRow(deps, ready)]);
    this.#actions.wake();
  }

  async uploadCancelled(id: EntryId): Promise<void> {
    const { outbox, deps } = this.#store;
    if (outbox.find(id)?.uploading !== true) return;
    await outbox.remove(id);
    await this.#store.showPending([], [{ key: ownKey(deps.self.device, id), seq: null }]);
  }

  /** The stored file of a message; fails with `unknown_message`. */
  async #stored(target: MessageTarget): Promise<{ row: MessageRow; mediaType: string; stored: StoredFile }> {
    const { row, file } = await this.#actions.find(target);
    if (row.file === null || file === undefined) throw new ProtocolError('unknown_message');
    const { bytes, mediaType } = row.file;
    return { row, mediaType, stored: { room: this.#room, row: row.key, ...file, bytes } };
  }

  /** Tell the sender of an offer what becomes of it (SPEC C10). Files of public rooms, and one's own, need no answer. */
  async #answer(row: MessageRow, answer: 'accepted' | 'declined' | 'received'): Promise<void> {
    const { deps, record } = this.#store;
    if (record.room.kind !== 'thread' || row.own || row.seq === null) return;
    const mine = row.file?.answers.find(({ account }) => account === deps.self.account)?.answer;
    if (mine === answer || mine === 'received') return;
    const target = { seq: row.seq, device: row.device, id: row.id };
    await this.#actions.say(newEntryId(), { v: 1, type: 'answer', target, answer });
  }

  /** Fetch a file; also one that was declined before. */
  async accept(target: MessageTarget): Promise<void> {
    const { row, stored } = await this.#stored(target);
    if (row.seq !== null) this.#fetching.set(row.key, row.seq);
    await this.#store.deps.files.receive(stored);
    await this.#answer(row, 'accepted');
  }

  async decline(target: MessageTarget): Promise<void> {
    const { row } = await this.#stored(target);
    await this.#answer(row, 'declined');
  }

  async open(target: MessageTarget): Promise<Blob> {
    const { stored, mediaType } = await this.#stored(target);
    return await this.#store.deps.files.open(stored, mediaType);
  }

  /** A file of this room arrived as a whole. `row` is the key of its message. */
  async received(row: string): Promise<void> {
    const { vault } = this.#store.deps;
    const seq = this.#fetching.get(row) ?? seqOfRow(row);
    const entry = seq === undefined ? undefined : await vault.get<EntryRecord>('entries', entryKey(this.#room, seq));
    if (entry?.row?.kind !== 'message' || entry.row.seq === null) return;
    const { device, id } = entry.row;
    const { row: found } = await this.#actions.find({ seq: entry.row.seq, device, id });
    await this.#answer(found, 'received');
    await this.#store.showTouched([entry.row.seq]);
  }
}
