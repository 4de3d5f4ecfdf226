import { epoch } from '@undertone/mls/profile';
import type { AccountId, DeviceId, EntryId, Generation, RoomId, ServerFrameOf } from '@undertone/protocol';
import { z } from 'zod';
import { unshared, utf8 } from '../bytes.ts';
import { contentKeyBytes } from '../content/content-key.ts';
import { decodeJson } from '../content/document.ts';
import { pad } from '../content/padding.ts';
import { openBox, sealBox } from '../content/signed-box.ts';
import type { RoomStore } from './room-store.ts';

const purpose = 'undertone signal 1';
/** Label of the MLS exporter (RFC 9420 §8.5) that gives an epoch's signal key (SPEC S1). */
const signalKeyLabel = 'undertone signal key';
/** Signals that are older, or from a clock that is further off, say nothing about now (SPEC S2). */
const freshMs = 60_000;
/** Others are told again after this long that one still types. */
const repeatMs = 3_000;

/** What a signal says, as it is encrypted. `at` is its sender's clock. */
const SignalDocument = z.object({ v: z.literal(1), type: z.literal('typing'), at: z.number().int().min(0) });

/** A room's signals: typing. Nothing of them is stored, here or there. */
export class Signals {
  readonly #store: RoomStore;
  /** The clock of the last signal of each device. */
  readonly #last = new Map<DeviceId, number>();
  #key: { readonly generation: Generation; readonly epoch: number; readonly bytes: Uint8Array<ArrayBuffer> } | null =
    null;
  #toldAt = 0;

  constructor(store: RoomStore) {
    this.#store = store;
  }

  async #signalKey(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const { group, record, deps } = this.#store;
    if (group === null || record.group === null) return undefined;
    const { generation } = record.group;
    const at = epoch(group);
    if (this.#key?.generation !== generation || this.#key.epoch !== at) {
      const bytes = await deps.engine.exportSecret(group, signalKeyLabel, new Uint8Array(), contentKeyBytes);
      this.#key = { generation, epoch: at, bytes: unshared(bytes) };
    }
    return this.#key.bytes;
  }

  /** Tell the others that the person types; not more often than is of use. A signal that cannot be sent is dropped. */
  async typing(): Promise<void> {
    const { deps, record } = this.#store;
    const now = Date.now();
    if (now - this.#toldAt < repeatMs || !deps.preferences().typing || !deps.isOnline()) return;
    const key = await this.#signalKey();
    if (key === undefined || record.group === null || record.members.length < 2) return;
    this.#toldAt = now;
    const id = crypto.randomUUID() as EntryId;
    const context = { room: record.room.id, ...record.group, device: deps.self.device, id };
    const document = pad(utf8(JSON.stringify({ v: 1, type: 'typing', at: now })));
    const body = await sealBox(purpose, context, key, deps.signingKey, document);
    await deps.request({ type: 'signal', room: record.room.id, ...record.group, id, body }).catch(() => {});
  }

  /** One's own message ends one's typing: the next key is told at once. */
  said(): void {
    this.#toldAt = 0;
  }

  /** The account that types, if the signal is good and fresh (SPEC S2). Anything may come from the server. */
  async heard(frame: ServerFrameOf<'signalled'>): Promise<AccountId | undefined> {
    const { deps, record } = this.#store;
    const { account, device, generation, epoch: at, id } = frame;
    const present = record.group?.generation === generation && record.group.epoch === at;
    if (!present || !deps.preferences().typing || account === deps.self.account) return undefined;
    if (!record.members.includes(account)) return undefined;
    const key = await this.#signalKey();
    const signatureKey = deps.identities.deviceKey(account, device);
    if (key === undefined || signatureKey === undefined) return undefined;
    const context = { room: record.room.id as RoomId, generation, epoch: at, device, id };
    const opened = await openBox(purpose, context, [key], signatureKey, frame.body);
    if (opened.kind !== 'opened') return undefined;
    const parsed = SignalDocument.safeParse(decodeJson(opened.plaintext));
    if (!parsed.success) return undefined;
    const saidAt = parsed.data.at;
    const known = this.#last.get(device) ?? 0;
    if (saidAt <= known || Math.abs(Date.now() - saidAt) > freshMs) return undefined;
    this.#last.set(device, saidAt);
    return account;
  }
}
