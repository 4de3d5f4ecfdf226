import { type AccountId, type EntryId, limits, ProtocolError, type RoomId } from '@undertone/protocol';
import { type MessageTarget, sameTarget } from '../content/document.ts';
import { type AnnotationRecord, annotationKey, type OutboxRecord, type UnsentDocument } from '../storage/records.ts';
import { CoreError, type MessageRow, type TextToSend } from '../view/index.ts';
import { annotated, entryAt } from './annotations.ts';
import { pinViews } from './effects.ts';
import { newEntryId } from './enter-group.ts';
import type { FoundMessage } from './room-files.ts';
import type { RoomStore } from './room-store.ts';
import { ownKey, pendingRow } from './rows.ts';

interface Deps {
  readonly store: RoomStore;
  /** Something waits to be sent. */
  readonly wake: () => void;
  /** The person has said something, and types no more. */
  readonly onSaid: () => void;
}

/** What a person says in one room, and does with what was said there: everything goes by the outbox. */
export class RoomMessages {
  readonly #store: RoomStore;
  readonly #wake: () => void;
  readonly #onSaid: () => void;

  constructor({ store, wake, onSaid }: Deps) {
    this.#store = store;
    this.#wake = wake;
    this.#onSaid = onSaid;
  }

  get #room(): RoomId {
    return this.#store.record.room.id;
  }

  /** Put a document into the outbox and show what it does here. Fails with `not_member` where nothing can be sent. */
  async say(id: EntryId, document: UnsentDocument, uploading = false): Promise<OutboxRecord> {
    if (this.#store.record.gone) throw new ProtocolError('not_member');
    const item = await this.#store.outbox.add(id, document, uploading);
    const row = pendingRow(this.#store.deps, item);
    if (row !== undefined) await this.#store.showPending([row]);
    if ('target' in document) await this.#store.showTouched([document.target.seq]);
    this.#wake();
    return item;
  }

  async sendText({ id, text, reply, mentions = [] }: TextToSend): Promise<EntryId> {
    const item = await this.say(id, {
      v: 1,
      type: 'text',
      text,
      ...(reply === undefined ? {} : { reply }),
      ...(mentions.length === 0 ? {} : { mentions: [...mentions] }),
    });
    this.#onSaid();
    return item.id;
  }

  /** A message as it is shown, with what opens its file; fails with `unknown_message` where it is not here. */
  async find(target: MessageTarget): Promise<FoundMessage> {
    const { deps, outbox } = this.#store;
    const entry = await entryAt(deps, this.#room, target);
    const rows = entry?.row ? await annotated(deps, this.#room, outbox.items, [entry.row]) : [];
    const row = rows[0];
    if (row?.kind !== 'message' || row.deleted) throw new ProtocolError('unknown_message');
    return { row, file: entry?.file };
  }

  async editText(target: MessageTarget, text: string, mentions: readonly AccountId[]): Promise<void> {
    const { row } = await this.find(target);
    if (!row.own || row.elsewhere) throw new ProtocolError('unknown_message');
    if (row.text === text) return;
    if (row.earlier.length >= limits.editsPerMessage) {
      throw new CoreError({ code: 'too_many', message: 'This message was edited too often. Write a new one.' });
    }
    const named = mentions.length === 0 ? {} : { mentions: [...mentions] };
    await this.say(newEntryId(), { v: 1, type: 'edit', target, text, ...named });
  }

  async deleteMessage(target: MessageTarget, from: 'me' | 'everyone'): Promise<void> {
    if (from === 'everyone') {
      const { row } = await this.find(target);
      if (!row.own || row.elsewhere) throw new ProtocolError('erase_refused');
      await this.say(newEntryId(), { v: 1, type: 'delete', target });
      return;
    }
    const { self, vault } = this.#store.deps;
    const hidden: AnnotationRecord = {
      target,
      seq: 0,
      at: Date.now(),
      account: self.account,
      device: self.device,
      effect: { kind: 'hide' },
    };
    await vault.write([{ store: 'annotations', key: annotationKey(this.#room, target.seq, 0), value: hidden }]);
    await this.#store.showTouched([target.seq]);
  }

  async react(target: MessageTarget, emoji: string, on: boolean): Promise<void> {
    const { row } = await this.find(target);
    const { account } = this.#store.deps.self;
    const there = row.reactions.some((reaction) => reaction.emoji === emoji && reaction.accounts.includes(account));
    if (there !== on) await this.say(newEntryId(), { v: 1, type: 'react', target, emoji, on });
  }

  async pin(target: MessageTarget, on: boolean): Promise<void> {
    if (on) await this.find(target);
    const { deps, record } = this.#store;
    const pins = pinViews(record.pins);
    const pinned = pins.map((pin) => pin.target);
    const there = pinned.some((other) => sameTarget(other, target));
    if (there === on) return;
    if (on && pinned.length >= limits.pinsPerRoom) {
      throw new CoreError({ code: 'too_many', message: `At most ${limits.pinsPerRoom} messages can be pinned here.` });
    }
    if (on && pins.filter(({ by }) => by === deps.self.account).length >= limits.pinsPerAccount) {
      const message = `You have pinned ${limits.pinsPerAccount} messages here, and more do not count. Unpin one first.`;
      throw new CoreError({ code: 'too_many', message });
    }
    const known = pinned.filter((other) => !sameTarget(other, target));
    await this.say(newEntryId(), { v: 1, type: 'pin', target, on, known });
  }

  /** These messages, as far as they are here. */
  async at(targets: readonly MessageTarget[]): Promise<readonly MessageRow[]> {
    const { deps, outbox } = this.#store;
    const entries = await Promise.all(targets.map((target) => entryAt(deps, this.#room, target)));
    const rows = entries.flatMap((entry) => entry?.row ?? []).sort((a, b) => a.order - b.order);
    const shown = await annotated(deps, this.#room, outbox.items, rows);
    return shown.flatMap((row) => (row.kind === 'message' ? row : []));
  }

  async retrySend(id: EntryId): Promise<void> {
    const item = this.#store.outbox.find(id);
    if (item?.failure === undefined) return;
    const { failure: _failure, ...again } = item;
    await this.#store.outbox.update(again);
    await this.#store.showPending([pendingRow(this.#store.deps, again)]);
    this.#wake();
  }

  /** Give up a message that failed. One that is on its way cannot be taken back. */
  async discardSend(id: EntryId): Promise<void> {
    const { outbox, deps } = this.#store;
    const item = outbox.find(id);
    if (item?.failure === undefined) return;
    await outbox.remove(id);
    await this.#store.showPending([], [{ key: ownKey(deps.self.device, id), seq: null }]);
    if (item.document.type === 'file') await deps.files.remove(this.#room, [ownKey(deps.self.device, id)]);
  }
}
