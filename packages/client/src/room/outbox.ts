import type { EntryId, RoomId } from '@undertone/protocol';
import { prefixRange, type Vault, type VaultWrite } from '@undertone/vault';
import type { ContentDocument } from '../content/document.ts';
import { type OutboxRecord, outboxKey, type UnsentDocument } from '../storage/records.ts';

/** The document of an item that may be sent, one whose file is on the server, with when it was written (SPEC C11). */
export function sentDocument({ document, at }: OutboxRecord): ContentDocument {
  if (document.type === 'file' && document.blob === undefined) throw new TypeError('the file is not on the server yet');
  const said = document.type === 'text' || document.type === 'file';
  return (said ? { ...document, sentAt: at } : document) as ContentDocument;
}

/** What was said in a room and is not in its log yet, in order, on disk before it is shown. */
export class Outbox {
  readonly #room: RoomId;
  readonly #vault: Vault;
  #items: OutboxRecord[];
  #lastNumber: number;

  private constructor(room: RoomId, vault: Vault, items: OutboxRecord[]) {
    this.#room = room;
    this.#vault = vault;
    this.#items = items;
    this.#lastNumber = items.at(-1)?.number ?? 0;
  }

  static async open(room: RoomId, vault: Vault): Promise<Outbox> {
    const stored = await vault.scan<OutboxRecord>('outbox', prefixRange(`${room}/`));
    return new Outbox(
      room,
      vault,
      stored.map(({ value }) => value),
    );
  }

  get items(): readonly OutboxRecord[] {
    return this.#items;
  }

  /** The next to be sent: the oldest that has not failed for good. Files that are still on their way hold nothing up. */
  get next(): OutboxRecord | undefined {
    return this.#items.find((item) => item.failure === undefined && item.uploading !== true);
  }

  find(id: EntryId): OutboxRecord | undefined {
    return this.#items.find((item) => item.id === id);
  }

  /** Put a document last. One that is there already stays as it is. */
  async add(id: EntryId, document: UnsentDocument, uploading = false): Promise<OutboxRecord> {
    const known = this.find(id);
    if (known !== undefined) return known;
    this.#lastNumber += 1;
    const item: OutboxRecord = {
      id,
      number: this.#lastNumber,
      document,
      at: Date.now(),
      ...(uploading ? { uploading } : {}),
    };
    await this.#vault.write([this.#write(item)], { durable: true });
    this.#items = [...this.#items, item].sort((a, b) => a.number - b.number);
    return item;
  }

  /** Change an item, together with `writes` that belong to the same step. */
  async update(item: OutboxRecord, writes: readonly VaultWrite[] = []): Promise<void> {
    await this.#vault.write([this.#write(item), ...writes], { durable: true });
    this.#items = this.#items.map((other) => (other.id === item.id ? item : other));
  }

  async remove(id: EntryId): Promise<void> {
    const item = this.find(id);
    if (item === undefined) return;
    await this.#vault.write([this.deletion(item)]);
    this.forget(id);
  }

  /** The write that removes an item, for a larger transaction; call `forget` when that is done. */
  deletion(item: OutboxRecord): VaultWrite {
    return { store: 'outbox', key: outboxKey(this.#room, item.number) };
  }

  forget(id: EntryId): void {
    this.#items = this.#items.filter((item) => item.id !== id);
  }

  #write(item: OutboxRecord): VaultWrite {
    return { store: 'outbox', key: outboxKey(this.#room, item.number), value: item };
  }
}
