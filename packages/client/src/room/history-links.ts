import { type Epoch, equalBytes, type Generation, type LinkEntry, limits, type RoomId } from '@undertone/protocol';
import type { VaultWrite } from '@undertone/vault';
import { decodeLink, encodeLink, type LinkedKey, linkMaxKeys } from '../content/history-link.ts';
import { openBox, sealBox } from '../content/signed-box.ts';
import type { RoomRecord } from '../storage/records.ts';
import type { ContentKeys } from './content-keys.ts';
import { ask, type RoomDeps } from './room-deps.ts';

const purpose = 'undertone history link 1';

/** The keys that a link entry claims, if it can be opened with what is known; empty otherwise (bad links are ignored, SPEC H5). */
async function openLink(deps: RoomDeps, keys: ContentKeys, room: RoomId, entry: LinkEntry): Promise<LinkedKey[]> {
  const { generation, epoch, device, id } = entry;
  const known = keys.keys(generation, epoch);
  if (known.length === 0) return [];
  const signatureKey = await deps.identities.fetchDeviceKey(entry.account, device);
  if (signatureKey === undefined) return [];
  const opened = await openBox(purpose, { room, generation, epoch, device, id }, known, signatureKey, entry.body);
  if (opened.kind !== 'opened') return [];
  const older = decodeLink(opened.plaintext) ?? [];
  return older.filter((key) => key.generation < generation || (key.generation === generation && key.epoch < epoch));
}

/** False linkers that are remembered. */
const keptFalseLinkers = 256;

/**
 * Take the keys out of a link, and strike the epochs that it covers rightly from the list of those without one. A newcomer takes one key of a
 * device for an epoch. So a device that gave a false one covers nothing any more, whatever else it links, and an epoch for which it did is to be
 * linked by another.
 */
export async function noteLink(
  deps: RoomDeps,
  keys: ContentKeys,
  record: RoomRecord,
  entry: LinkEntry,
): Promise<{ readonly writes: VaultWrite[] } & Pick<RoomRecord, 'unlinked' | 'falseLinkers'>> {
  const linked = await openLink(deps, keys, record.room.id, entry);
  const known = ({ generation, epoch }: LinkedKey) => keys.ownKey(generation, epoch) ?? keys.keys(generation, epoch)[0];
  const isFalse = (link: LinkedKey): boolean => {
    const own = keys.ownKey(link.generation, link.epoch);
    return own !== undefined && !equalBytes(link.key, own);
  };
  const isTrue = (link: LinkedKey): boolean => {
    const held = known(link);
    return held !== undefined && equalBytes(link.key, held);
  };
  const lies = linked.filter(isFalse);
  const before = record.falseLinkers;
  const fresh = lies.length > 0 && !before.includes(entry.device);
  const falseLinkers = fresh ? [entry.device, ...before].slice(0, keptFalseLinkers) : before;
  const covering = falseLinkers.includes(entry.device) ? [] : linked.filter(isTrue);
  const includes = (links: readonly LinkedKey[], [generation, epoch]: readonly [Generation, Epoch]): boolean =>
    links.some((link) => link.generation === generation && link.epoch === epoch);
  const left = record.unlinked.filter((place) => !includes(covering, place));
  const again = new Map(lies.map(({ generation, epoch }) => [`${generation}/${epoch}`, [generation, epoch] as const]));
  const uncovered = [...again.values()].filter(
    ([generation, epoch]) => !left.some((place) => place[0] === generation && place[1] === epoch),
  );
  const writes = linked.flatMap((link) => keys.addClaim(link, entry.device) ?? []);
  return { writes, unlinked: [...left, ...uncovered], falseLinkers };
}

/** The body of a link from the room's present epoch to the epochs that have none, or `undefined` if there is nothing to link. */
export async function sealLink(
  deps: RoomDeps,
  keys: ContentKeys,
  record: RoomRecord,
  id: LinkEntry['id'],
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (record.group === null) return undefined;
  const { generation, epoch } = record.group;
  const present = keys.ownKey(generation, epoch);
  const older = record.unlinked.slice(0, linkMaxKeys).flatMap(([g, e]) => {
    const key = keys.keys(g, e)[0];
    return key === undefined ? [] : [{ generation: g, epoch: e, key }];
  });
  if (present === undefined || older.length === 0) return undefined;
  const context = { room: record.room.id, generation, epoch, device: deps.self.device, id };
  return await sealBox(purpose, context, present, deps.signingKey, encodeLink(older));
}

/**
 * Walk the links back from an epoch whose key is known (SPEC H6) and note every key that they give. Links only lead to older epochs,
 * so one pass, newest first, finds all that can be found.
 */
export async function walkLinks(
  deps: RoomDeps,
  keys: ContentKeys,
  room: RoomId,
  from: { readonly generation: Generation; readonly epoch: Epoch },
): Promise<VaultWrite[]> {
  const writes: VaultWrite[] = [];
  let { generation, epoch } = from;
  for (;;) {
    const request = { type: 'links', room, generation, epoch, limit: limits.pageMaxEntries } as const;
    const { entries, more } = await ask(deps, request, 'page');
    for (const entry of entries) {
      if (entry.kind !== 'link') continue;
      for (const link of await openLink(deps, keys, room, entry)) {
        const write = keys.addClaim(link, entry.device);
        if (write !== undefined) writes.push(write);
      }
    }
    const last = entries.at(-1);
    if (!more || last === undefined) return writes;
    // Newest first, or it would never end.
    if (last.generation > generation || (last.generation === generation && last.epoch > epoch)) return writes;
    // A page may end in the middle of an epoch's links; opening some of them twice is harmless, standing still is not.
    const stuck = last.generation === generation && last.epoch === epoch;
    ({ generation } = last);
    epoch = (stuck ? last.epoch - 1 : last.epoch) as Epoch;
    if (epoch >= 0) continue;
    if (generation <= 1) return writes;
    generation = (generation - 1) as Generation;
    epoch = Number.MAX_SAFE_INTEGER as Epoch;
  }
}
