import type { CoreEvent, MessageRow, PersonView, RoomView, TimelineRow } from '@undertone/client/view';
import type { AccountId, EntryId, RoomId, Seq } from '@undertone/protocol';
import { me, message } from './rows.ts';
import type { World } from './world.ts';

export const later = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** The fake core's world as it changes: whatever changes is told, rows only of timelines that were opened. */
export class LiveWorld {
  readonly #world: World;
  readonly #emit: (event: CoreEvent) => void;
  readonly #opened = new Set<RoomId>();

  constructor(world: World, emit: (event: CoreEvent) => void) {
    this.#world = world;
    this.#emit = emit;
  }

  /** From now on what changes in the timeline is told. */
  open(room: RoomId): void {
    this.#opened.add(room);
  }

  rows(room: RoomId): readonly TimelineRow[] {
    return this.#world.rooms.get(room)?.rows ?? [];
  }

  nextOrder(room: RoomId): number {
    return Math.floor(this.rows(room).at(-1)?.order ?? 0) + 1;
  }

  newRow(
    room: RoomId,
    account: AccountId,
    text: string,
    delivery: 'sending' | 'sent',
    fields: Partial<MessageRow> = {},
  ): MessageRow {
    const order = this.nextOrder(room);
    const seq = delivery === 'sent' ? (order as Seq) : null;
    return message(order, account, text, Date.now(), { seq, delivery, ...fields });
  }

  message(room: RoomId, id: EntryId): MessageRow | undefined {
    return this.rows(room).find((row) => row.kind === 'message' && row.id === id) as MessageRow | undefined;
  }

  change(room: RoomId, id: EntryId, change: (row: MessageRow) => MessageRow): void {
    const row = this.message(room, id);
    if (row) this.put(room, change(row));
  }

  remove(room: RoomId, row: MessageRow): void {
    const held = this.#world.rooms.get(room);
    if (!held) return;
    held.rows = held.rows.filter((one) => one.key !== row.key);
    this.#emit({ type: 'timeline', change: { room, rows: [], removed: [row] } });
  }

  put(room: RoomId, row: TimelineRow): void {
    const held = this.#world.rooms.get(room);
    if (!held) return;
    held.rows = [...held.rows.filter((one) => one.key !== row.key), row].sort((a, b) => a.order - b.order);
    if (this.#opened.has(room)) this.#emit({ type: 'timeline', change: { room, rows: [row], removed: [] } });
  }

  async deliver(room: RoomId, row: MessageRow, again = false): Promise<void> {
    await later(400);
    if (row.text.startsWith('fail') && !again) {
      this.put(room, {
        ...row,
        delivery: 'failed',
        failure: 'The server refused it: too many messages in a short time.',
      });
    } else {
      this.put(room, { ...row, delivery: 'sent', seq: Math.floor(row.order) as Seq });
      await this.#receive(room, Math.floor(row.order) as Seq);
    }
  }

  /** In threads the others receive it, and one after the other reads it. */
  async #receive(id: RoomId, seq: Seq): Promise<void> {
    const view = this.#world.rooms.get(id)?.view;
    if (view?.kind !== 'thread') return;
    const others = view.members.filter((account) => account !== me);
    await later(700);
    const read = (account: AccountId) =>
      this.#world.rooms.get(id)?.view.receipts.find((one) => one.account === account)?.read ?? (0 as Seq);
    this.changeRoom(id, { receipts: others.map((account) => ({ account, delivered: seq, read: read(account) })) });
    for (const reader of others.slice(0, 3)) {
      await later(900);
      const receipts = this.#world.rooms.get(id)?.view.receipts ?? [];
      this.changeRoom(id, { receipts: receipts.map((one) => (one.account === reader ? { ...one, read: seq } : one)) });
    }
  }

  enter(view: RoomView): RoomId {
    this.#world.rooms.set(view.id, { view, rows: [] });
    this.#emit({ type: 'rooms', rooms: [view], removed: [] });
    setTimeout(() => this.changeRoom(view.id, { state: 'ready' }), 700);
    return view.id;
  }

  changeRoom(id: RoomId, fields: Partial<RoomView>): void {
    const held = this.#world.rooms.get(id);
    if (!held) return;
    held.view = { ...held.view, ...fields };
    this.#emit({ type: 'rooms', rooms: [held.view], removed: [] });
  }

  changePerson(id: AccountId, fields: Partial<PersonView>): void {
    const person = this.#world.people.get(id);
    if (!person) return;
    this.#world.people.set(id, { ...person, ...fields });
    this.#emit({ type: 'people', people: [{ ...person, ...fields }] });
  }
}
