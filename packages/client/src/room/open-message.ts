import { encode } from '@msgpack/msgpack';
import { parseIdentity } from '@undertone/identity';
import { type GroupState, MlsError } from '@undertone/mls';
import { epoch, nextGeneration, ownLeafIndex } from '@undertone/mls/profile';
import {
  decodeMsgpack,
  type EntryId,
  equalBytes,
  type Generation,
  type MessageEntry,
  type RoomId,
} from '@undertone/protocol';
import { z } from 'zod';
import { unshared } from '../bytes.ts';
import { type ContentDocument, decodeDocument } from '../content/document.ts';
import { decodeEvidence, type Evidence } from '../content/evidence.ts';
import { openSharedBox } from '../content/signed-box.ts';
import type { RoomRecord } from '../storage/records.ts';
import type { UnreadableReason } from '../view/index.ts';
import { addPart } from './apply-context.ts';
import type { ContentKeys } from './content-keys.ts';
import { type Draft, replaceGroup } from './draft.ts';
import type { RoomDeps } from './room-deps.ts';
import { securityRow } from './rows.ts';

/** The authenticated data of a message in a sealed room (SPEC C2). `evidence`: encoded; messages of wire version 1 have none. */
export const sealedContext = (
  room: RoomId,
  generation: Generation,
  id: EntryId,
  evidence?: Uint8Array,
): Uint8Array<ArrayBuffer> =>
  encode(evidence === undefined ? [room, generation, id] : [room, generation, id, evidence]);

/** What became of a message: its document and what its sender says of the log, or why there is none. */
export type Opened =
  | { readonly kind: 'document'; readonly document: ContentDocument; readonly evidence?: Evidence }
  | { readonly kind: 'unreadable'; readonly reason: UnreadableReason };

export const unreadable = (reason: UnreadableReason): Opened => ({ kind: 'unreadable', reason });

function read(plaintext: Uint8Array<ArrayBuffer>, evidence: Evidence | undefined): Opened {
  const parsed = decodeDocument(plaintext);
  switch (parsed.kind) {
    case 'document':
      return { ...parsed, ...(evidence === undefined ? {} : { evidence }) };
    case 'newer_version':
      return unreadable('newer_version');
    case 'malformed':
      return unreadable('undecryptable');
  }
}

/**
 * Whether the server kept the message no longer (SPEC L9). Of what was said before this browser read the log, the end of history tells, and it has no
 * row.
 */
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
  const opened = await openSharedBox(context, keys.keys(generation, at), signatureKey, entry.body);
  switch (opened.kind) {
    case 'opened': {
      const evidence = opened.evidence === undefined ? undefined : decodeEvidence(opened.evidence);
      if (opened.evidence !== undefined && evidence === undefined) return unreadable('forged');
      return read(opened.plaintext, evidence);
    }
    case 'no_key':
      // This device's own group gave it the key of that epoch, and it is another one.
      return unreadable(keys.ownKey(generation, at) === undefined ? 'waiting_for_history' : 'other_branch');
    case 'forged':
    case 'undecryptable':
      return unreadable(opened.kind);
  }
}

/** The evidence in a message's authenticated data, or that it has none; `undefined` if the data is not this entry's (SPEC C2). */
function boundEvidence(
  room: RoomId,
  { generation, id }: MessageEntry,
  data: Uint8Array,
): Evidence | 'none' | undefined {
  if (equalBytes(data, sealedContext(room, generation, id))) return 'none';
  const Context = z.tuple([z.unknown(), z.unknown(), z.unknown(), z.instanceof(Uint8Array)]);
  try {
    const [, , , encoded] = Context.parse(decodeMsgpack(data));
    return equalBytes(data, sealedContext(room, generation, id, encoded)) ? decodeEvidence(encoded) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A message of this device's that is not in its outbox. Where it was sealed by a later state than the one at hand, this browser's storage was set
 * back, and the next key may have been used already: the group is entered again before anything is sealed (SPEC R17). What the others said in
 * this epoch is still read by it.
 */
async function openOwn({ engine }: RoomDeps, draft: Draft, group: GroupState, entry: MessageEntry): Promise<Opened> {
  try {
    const { leafIndex, generation } = await engine.messageOrigin(group, entry.body);
    if (leafIndex !== ownLeafIndex(group)) return unreadable('forged');
    if (generation >= nextGeneration(group) && !draft.record.setBack) {
      addPart(draft, securityRow(entry, 'restored'));
      draft.record = { ...draft.record, setBack: true };
    }
    return unreadable('before_this_browser');
  } catch (error) {
    if (!(error instanceof MlsError)) throw error;
    return unreadable('forged');
  }
}

/** Read a message of a sealed room (SPEC C2): it can be done once, and moves the draft's MLS state on. */
export async function openSealed(deps: RoomDeps, draft: Draft, entry: MessageEntry): Promise<Opened> {
  // Erased before it was read here: its key is skipped, as that of a lost message would be.
  if (entry.body.length === 0) return unreadable('erased');
  const { group, record } = draft;
  if (group === null || record.group?.generation !== entry.generation || epoch(group) !== entry.epoch) {
    const own = entry.device === deps.self.device;
    return unreadable(record.entered && !own ? 'undecryptable' : 'before_this_browser');
  }
  const { account, device } = entry;
  if (account === deps.self.account && device === deps.self.device) return await openOwn(deps, draft, group, entry);
  // That of its leaf, unless a log that gives the device another key was accepted since (SPEC I10).
  const key = await deps.identities.fetchDeviceKey(account, device);
  try {
    const { state, plaintext, sender, authenticatedData } = await deps.engine.decrypt(group, entry.body);
    replaceGroup(draft, state);
    const from = parseIdentity(sender.identity);
    const bound = boundEvidence(record.room.id, entry, authenticatedData);
    const isDevices = from?.account === account && from.device === device && key !== undefined;
    const genuine = isDevices && equalBytes(key, sender.signatureKey) && bound !== undefined;
    if (!genuine || deps.identities.isOver(account, device)) return unreadable('forged');
    return read(unshared(plaintext), bound === 'none' ? undefined : bound);
  } catch (error) {
    if (!(error instanceof MlsError)) throw error;
    const forged = error.code === 'invalid_signature' || error.code === 'replayed';
    return unreadable(forged ? 'forged' : 'undecryptable');
  }
}
