import { type DeviceId, type Epoch, equalBytes, type Generation, type RoomId } from '@undertone/protocol';
import { prefixRange, type Vault, type VaultWrite } from '@undertone/vault';
import type { LinkedKey } from '../content/history-link.ts';
import { type ContentKeyRecord, contentKeyKey } from '../storage/records.ts';

/** How many different keys are kept where links disagree about one epoch. */
const claimsKept = 64;

/** The content keys of one shared room (SPEC H1), those exported by this device's own group and those learnt from links. */
export class ContentKeys {
  readonly #room: RoomId;
  readonly #records: Map<string, ContentKeyRecord>;
  #learnt = 0;

  private constructor(room: RoomId, records: Map<string, ContentKeyRecord>) {
    this.#room = room;
    this.#records = records;
  }

  static async open(room: RoomId, vault: Vault): Promise<ContentKeys> {
    const stored = await vault.scan<ContentKeyRecord>('contentKeys', prefixRange(`${room}/`));
    return new ContentKeys(room, new Map(stored.map(({ key, value }) => [key, value])));
  }

  /** Grows with every key that comes, from wherever: what could not be read under a smaller number may be readable now. */
  get learnt(): number {
    return this.#learnt;
  }

  /** The keys that are claimed for an epoch; empty if none is known. */
  keys(generation: Generation, epoch: Epoch): readonly Uint8Array<ArrayBuffer>[] {
    return this.#records.get(contentKeyKey(this.#room, generation, epoch))?.keys ?? [];
  }

  /** The key that this device knows to be right, because its own group exported it. */
  ownKey(generation: Generation, epoch: Epoch): Uint8Array<ArrayBuffer> | undefined {
    const record = this.#records.get(contentKeyKey(this.#room, generation, epoch));
    return record?.own ? record.keys[0] : undefined;
  }

  /** Note a key of the own group. The write belongs into the transaction that stores the group's new state. */
  addOwn(generation: Generation, epoch: Epoch, key: Uint8Array<ArrayBuffer>): VaultWrite {
    return this.#put(contentKeyKey(this.#room, generation, epoch), { keys: [key], own: true });
  }

  /**
   * Note a key that a device's link claims; no write if it tells nothing new. A device has one claim per epoch, so that one member's false
   * links leave room for a true one.
   */
  addClaim({ generation, epoch, key }: LinkedKey, device: DeviceId): VaultWrite | undefined {
    const place = contentKeyKey(this.#room, generation, epoch);
    const { keys, own, by = [] } = this.#records.get(place) ?? { keys: [], own: false };
    if (own || keys.length >= claimsKept || by.includes(device) || keys.some((other) => equalBytes(other, key))) return;
    return this.#put(place, { keys: [...keys, key], own, by: [...by, device] });
  }

  #put(place: string, record: ContentKeyRecord): VaultWrite {
    this.#records.set(place, record);
    this.#learnt += 1;
    return { store: 'contentKeys', key: place, value: record };
  }
}
