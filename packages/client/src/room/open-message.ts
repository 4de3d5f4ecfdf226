import { encode } from '@msgpack/msgpack';
import { parseIdentity } from '@undertone/identity';
import { MlsError } from '@undertone/mls';
import { epoch } from '@undertone/mls/profile';
import { type EntryId, equalBytes, type Generation, type MessageEntry, type RoomId } from '@undertone/protocol';
import { unshared } from '../bytes.ts';
import { type ContentDocument, decodeDocument } from '../content/document.ts';
import { openBox } from '../content/signed-box.ts';
import type { RoomRecord } from '../storage/records.ts';
import type { UnreadableReason } from '../view/index.ts';
import type { ContentKeys } from './content-keys.ts';
import { type Draft, replaceGroup } from './draft.ts';
import type { RoomDeps } from './room-deps.ts';

/** The authenticated data of a message in a sealed room (SPEC C2). */
export const sealedContext = (room: RoomId, generation: Generation, id: EntryId): Uint8Array<ArrayBuffer> =>
  encode([room, generation, id]);

/** What became of a message: its document, or why there is none. */
export type Opened =
  | { readonly kind: 'document'; readonly document: ContentDocument }
  | { readonly kind: 'unreadable'; readonly reason: UnreadableReason };

export const unreadable = (reason: UnreadableReason): Opened => ({ kind: 'unreadable', reason });

function read(plaintext: Uint8Array<ArrayBuffer>): Opened {
  const parsed = decodeDocument(plaintext);
  switch (parsed.kind) {
    case 'document':
      return parsed;
    case 'newer_version':
      return unreadable('newer_version');
    case 'malformed':
      return unreadable('undecryptable');
  }
}

/** Whether the server kept the message no longer (SPEC L9): it has no row, which hides nothing that the server could not have withheld. */
export const isEmptied = (entry: MessageEntry, { room }: RoomRecord): boolean =>
  entry.body.length === 0 && entry.seq <= room.emptiedSeq;

/** Read a message of a shared room (SPEC H2, H3) with the content keys that are known by now. */
export async function openShared(
  deps: RoomDeps,
  keys: ContentKeys,
  room: RoomId,
  entry: MessageEntry,
): Promise<Opened> {
  if (entry.body.length === 0) return unreadable('erased');
  const signatureKey = await deps.identities.fetchDeviceKey(entry.account, entry.device);
  if (signatureKey === undefined) return unreadable('forged');
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
      return read(opened.plaintext);
    case 'no_key':
      return unreadable('waiting_for_history');
    case 'forged':
    case 'undecryptable':
      return unreadable(opened.kind);
  }
}

/** Read a message of a sealed room (SPEC C2): it can be done once, and moves the draft's MLS state on. */
export async function openSealed(deps: RoomDeps, draft: Draft, entry: MessageEntry): Promise<Opened> {
  // Erased before it was read here: its key is skipped, as that of a lost message would be.
  if (entry.body.length === 0) return unreadable('erased');
  const { group, record } = draft;
  if (group === null || record.group?.generation !== entry.generation || epoch(group) !== entry.epoch) {
    return unreadable(record.entered ? 'undecryptable' : 'before_this_browser');
  }
  // One's own message without its text in the outbox: said by this device before its storage was lost.
  if (entry.device === deps.self.device) return unreadable('before_this_browser');
  try {
    const { state, plaintext, sender, authenticatedData } = await deps.engine.decrypt(group, entry.body);
    replaceGroup(draft, state);
    const from = parseIdentity(sender.identity);
    const context = sealedContext(record.room.id, entry.generation, entry.id);
    const { account, device } = entry;
    const bound = from?.account === account && from.device === device && equalBytes(authenticatedData, context);
    if (!bound || deps.identities.isFormer(account, device)) return unreadable('forged');
    return read(unshared(plaintext));
  } catch (error) {
    if (!(error instanceof MlsError)) throw error;
    const forged = error.code === 'invalid_signature' || error.code === 'replayed';
    return unreadable(forged ? 'forged' : 'undecryptable');
  }
}
