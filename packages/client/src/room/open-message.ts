import { encode } from '@msgpack/msgpack';
import { parseIdentity } from '@undertone/identity';
import { MlsError } from '@undertone/mls';
import { epoch } from '@undertone/mls/profile';
import { type EntryId, equalBytes, type Generation, type MessageEntry, type RoomId } from '@undertone/protocol';
import { unshared } from '../bytes.ts';
import { decodeDocument } from '../content/document.ts';
import { openBox } from '../content/signed-box.ts';
import type { TimelineRow } from '../view/index.ts';
import type { ContentKeys } from './content-keys.ts';
import { type Draft, replaceGroup } from './draft.ts';
import type { RoomDeps } from './room-deps.ts';
import { messageRow, unreadableRow } from './rows.ts';

/** The authenticated data of a message in a sealed room (SPEC C2). */
export const sealedContext = (room: RoomId, generation: Generation, id: EntryId): Uint8Array<ArrayBuffer> =>
  encode([room, generation, id]);

function contentRow(deps: RoomDeps, entry: MessageEntry, plaintext: Uint8Array<ArrayBuffer>): TimelineRow {
  const parsed = decodeDocument(plaintext);
  switch (parsed.kind) {
    case 'document':
      return messageRow(deps, entry, parsed.document.text);
    case 'newer_version':
      return unreadableRow(entry, 'newer_version');
    case 'malformed':
      return unreadableRow(entry, 'undecryptable');
  }
}

/** Read a message of a shared room (SPEC H2, H3) with the content keys that are known by now. */
export async function openShared(
  deps: RoomDeps,
  keys: ContentKeys,
  room: RoomId,
  entry: MessageEntry,
): Promise<TimelineRow> {
  const signatureKey = await deps.identities.fetchDeviceKey(entry.account, entry.device);
  if (signatureKey === undefined) return unreadableRow(entry, 'forged');
  const { generation, epoch: at, device, id } = entry;
  const context = { room, generation, epoch: at, device, id };
  const opened = await openBox(
    'undertone shared message 1',
    context,
    keys.keys(generation, at),
    signatureKey,
    entry.body,
  );
  switch (opened.kind) {
    case 'opened':
      return contentRow(deps, entry, opened.plaintext);
    case 'no_key':
      return unreadableRow(entry, 'waiting_for_history');
    case 'forged':
    case 'undecryptable':
      return unreadableRow(entry, opened.kind);
  }
}

/** Read a message of a sealed room (SPEC C2): it can be done once, and moves the draft's MLS state on. */
export async function openSealed(deps: RoomDeps, draft: Draft, entry: MessageEntry): Promise<TimelineRow> {
  const { group, record } = draft;
  if (group === null || record.group?.generation !== entry.generation || epoch(group) !== entry.epoch) {
    return unreadableRow(entry, record.entered ? 'undecryptable' : 'before_this_browser');
  }
  // One's own message without its text in the outbox: said by this device before its storage was lost.
  if (entry.device === deps.self.device) return unreadableRow(entry, 'before_this_browser');
  try {
    const { state, plaintext, sender, authenticatedData } = await deps.engine.decrypt(group, entry.body);
    replaceGroup(draft, state);
    const from = parseIdentity(sender.identity);
    const context = sealedContext(record.room.id, entry.generation, entry.id);
    const { account, device } = entry;
    const bound = from?.account === account && from.device === device && equalBytes(authenticatedData, context);
    if (!bound || deps.identities.isFormer(account, device)) return unreadableRow(entry, 'forged');
    return contentRow(deps, entry, unshared(plaintext));
  } catch (error) {
    if (!(error instanceof MlsError)) throw error;
    const forged = error.code === 'invalid_signature' || error.code === 'replayed';
    return unreadableRow(entry, forged ? 'forged' : 'undecryptable');
  }
}
