import type { GroupState } from '@undertone/mls';
import { type ClientFrameOf, type EntryId, limits, type Seq } from '@undertone/protocol';
import { unshared } from '../bytes.ts';
import { encodeDocument } from '../content/document.ts';
import { encodeEvidence } from '../content/evidence.ts';
import { sealBox } from '../content/signed-box.ts';
import { type EntryRecord, entryKey, type OutboxRecord } from '../storage/records.ts';
import { annotationsOf } from './annotations.ts';
import { sealedContext } from './open-message.ts';
import { sentDocument } from './outbox.ts';
import { ownEvidence } from './own-evidence.ts';
import type { RoomStore } from './room-store.ts';
import { pendingRow } from './rows.ts';

/**
 * The outbox item as it is to be sent in the room's present epoch, on disk before it is returned. One that was sealed for this epoch
 * already is sent again as it is: its key was used, and must not be used for anything else.
 */
export async function sealed(store: RoomStore, item: OutboxRecord): Promise<NonNullable<OutboxRecord['sealed']>> {
  const { record, group, keys, deps } = store;
  if (group === null || record.group === null) throw new TypeError('no group to seal for');
  const { generation, epoch } = record.group;
  if (item.sealed?.generation === generation && item.sealed.epoch === epoch) return item.sealed;
  const document = encodeDocument(sentDocument(item));
  const evidence = encodeEvidence(ownEvidence(store));
  const room = record.room.id;
  let next: GroupState | null = null;
  let body: Uint8Array<ArrayBuffer>;
  if (keys === null) {
    const encrypted = await deps.engine.encrypt(group, document, sealedContext(room, generation, item.id, evidence));
    next = encrypted.state;
    body = unshared(encrypted.message);
  } else {
    const contentKey = keys.ownKey(generation, epoch);
    if (contentKey === undefined) throw new TypeError('no content key of the present epoch');
    const context = { room, generation, epoch, device: deps.self.device, id: item.id };
    body = await sealBox('undertone shared message 2', context, contentKey, deps.signingKey, document, evidence);
  }
  const result = { generation, epoch, body };
  await store.seal(item, result, next);
  return result;
}

/** What goes with an envelope in the clear: what the server forgets with a deletion (SPEC L7), and the files of a message (SPEC F3). */
export async function sentWith(
  { deps, record }: RoomStore,
  { document }: OutboxRecord,
): Promise<Partial<Pick<ClientFrameOf<'send'>, 'erases' | 'blobs'>>> {
  if (document.type === 'file' && document.blob !== undefined) return { blobs: [document.blob] };
  if (document.type !== 'delete') return {};
  const { seq } = document.target;
  const edits = (await annotationsOf(deps, record.room.id, seq)).filter(
    ({ effect, device }) => effect.kind === 'edit' && device === deps.self.device,
  );
  return { erases: [seq, ...edits.map((edit) => edit.seq as Seq)].slice(0, limits.erasesPerSend) };
}

/** The log went past where the server says that the message stands: it was said twice, or the server put something else there. */
export async function acknowledgedBefore(store: RoomStore, id: EntryId, seq: Seq): Promise<void> {
  const { deps, record, outbox } = store;
  const stored = await deps.vault.get<EntryRecord>('entries', entryKey(record.room.id, seq));
  const row = stored?.row;
  const shown = row?.kind === 'message' && row.id === id && row.own;
  const done = stored?.row === null && stored.said?.id === id && stored.said.device === deps.self.device;
  if (!shown && !done) return await failed(store, id, 'The server has something else in the place of this message.');
  await outbox.remove(id);
  await store.showTouched([seq]);
}

/** The server will not have an item: it stays for its sender, with the sentence that says why. */
export async function failed(store: RoomStore, id: EntryId, failure: string): Promise<void> {
  const item = store.outbox.find(id);
  if (item === undefined) return;
  const { sealed: _sealed, ...rest } = item;
  const row = pendingRow(store.deps, { ...rest, failure });
  if (row === undefined) {
    // Something done to a message: it is undone here, as it was not done anywhere else.
    await store.outbox.remove(id);
    return await store.showTouched('target' in item.document ? [item.document.target.seq] : []);
  }
  await store.outbox.update({ ...rest, failure });
  await store.showPending([row]);
}
