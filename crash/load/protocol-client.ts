import { randomBytes } from 'node:crypto';
import {
  type Epoch,
  type Generation,
  type RoomId,
  type Seq,
  type ServerFrame,
  type ServerFrameOf,
  wireVersion,
} from '@undertone/protocol';
import type { Ledger } from '../check/ledger.ts';
import { Connection } from './connection.ts';
import { LogReader } from './log-reader.ts';
import { type Envelope, Outbox } from './outbox.ts';

interface Place {
  generation: Generation;
  epoch: Epoch;
  readonly reader: LogReader;
  /** The newest entry that the server has told of. */
  head: number;
  pulling: boolean;
}

/** Makes the group info of an epoch that a commit begins. */
export type MakeGroupInfo = (
  room: RoomId,
  at: { readonly generation: Generation; readonly epoch: Epoch },
) => Uint8Array<ArrayBuffer>;

/** Refs of requests that are not the outbox's. */
const helloRef = 0;
const pullRef = 1;
const pageEntries = 200;
const again = new Set(['internal', 'unavailable', 'rate_limited', 'removal_pending']);

/**
 * A client without keys, for volume: it sends envelopes and reads rooms by the rules of SPEC (L3-L5), keeping what a client keeps over
 * a loss of its socket: its outbox and its cursors.
 */
export class ProtocolClient {
  readonly name: string;
  readonly #ledger: Ledger;
  readonly #connection: Connection;
  readonly #outbox = new Outbox();
  readonly #groupInfo: MakeGroupInfo;
  readonly #places = new Map<RoomId, Place>();
  #online = false;
  readonly #onAcknowledged: () => void;

  constructor(options: {
    name: string;
    origin: string;
    cookie: string;
    /** Signed by the device that the cookie's session speaks for. */
    groupInfo: MakeGroupInfo;
    rooms: readonly RoomId[];
    ledger: Ledger;
    onAcknowledged?: () => void;
  }) {
    this.name = options.name;
    this.#ledger = options.ledger;
    this.#groupInfo = options.groupInfo;
    this.#onAcknowledged = options.onAcknowledged ?? (() => {});
    for (const room of options.rooms) {
      const reader = new LogReader(options.ledger, options.name, room);
      this.#places.set(room, { generation: 0 as Generation, epoch: 0 as Epoch, reader, head: 0, pulling: false });
    }
    this.#connection = new Connection(options.origin, options.cookie, {
      opened: () => this.#connection.send({ type: 'hello', ref: helloRef, version: wireVersion }),
      frame: (frame) => this.#receive(frame),
      closed: () => {
        this.#online = false;
        this.#outbox.reset();
        for (const place of this.#places.values()) place.pulling = false;
      },
    });
  }

  /** Whether everything that it sent was answered for good. */
  get settled(): boolean {
    return this.#outbox.size === 0;
  }

  get waiting(): number {
    return this.#outbox.size;
  }

  /** How far it has read a room. */
  cursor(room: RoomId): number {
    return this.#places.get(room)?.reader.cursor ?? 0;
  }

  start(): void {
    this.#connection.start();
  }

  stop(): void {
    this.#connection.stop();
  }

  cut(): void {
    this.#connection.cut();
  }

  send(envelope: Envelope): void {
    this.#ledger.send(envelope.id, envelope.room, envelope.body);
    this.#outbox.add(envelope);
    this.#flush();
  }

  #flush(): void {
    if (!this.#online) return;
    for (const [ref, { id, room, kind, body }] of this.#outbox.take()) {
      const place = this.#places.get(room);
      if (place === undefined) throw new RangeError(`${this.name} is not in ${room}`);
      const at = { room, generation: place.generation, epoch: place.epoch, id, ref };
      if (kind === 'message') this.#connection.send({ type: 'send', ...at, kind, body });
      else {
        const groupInfo = this.#groupInfo(room, { generation: place.generation, epoch: (place.epoch + 1) as Epoch });
        const authenticator = new Uint8Array(randomBytes(32));
        const nobody = { added: [], removed: [], external: false };
        this.#connection.send({ type: 'commit', ...at, ...nobody, commit: body, groupInfo, authenticator });
      }
    }
  }

  #receive(frame: ServerFrame): void {
    switch (frame.type) {
      case 'hello_ok':
        for (const { id, generation, epoch, head } of frame.rooms) this.#told(id, head, generation, epoch);
        this.#online = true;
        this.#flush();
        return;
      case 'head': {
        const place = this.#places.get(frame.room);
        if (place) this.#told(frame.room, frame.seq, place.generation, place.epoch);
        return;
      }
      case 'entries':
      case 'page':
        this.#read(frame);
        return;
      case 'ack': {
        this.#ledger.acknowledge(frame.id, frame.seq);
        const envelope = this.#outbox.answered(frame.ref);
        if (envelope?.id !== frame.id) this.#ledger.faults.push(`${this.name}: an answer to another request`);
        else this.#outbox.settle(envelope);
        this.#onAcknowledged();
        return;
      }
      case 'error':
        this.#refused(frame);
        return;
      default:
    }
  }

  #told(room: RoomId, head: number, generation: Generation, epoch: Epoch): void {
    const place = this.#places.get(room);
    if (place === undefined) return;
    Object.assign(place, { generation, epoch, head: Math.max(head, place.head) });
    this.#catchUp(place);
  }

  #catchUp(place: Place): void {
    const { reader } = place;
    if (place.pulling || reader.cursor >= place.head) return;
    place.pulling = true;
    const after = reader.cursor as Seq;
    this.#connection.send({ type: 'pull', ref: pullRef, room: reader.room, after, limit: pageEntries });
  }

  #read(frame: ServerFrameOf<'entries' | 'page'>): void {
    const place = this.#places.get(frame.room);
    if (place === undefined) return;
    if (frame.type === 'page') place.pulling = false;
    for (const { kind, generation, epoch, seq } of frame.entries) {
      place.head = Math.max(place.head, seq);
      const next = kind === 'commit' ? epoch + 1 : epoch;
      const isNewer = generation > place.generation || (generation === place.generation && next > place.epoch);
      if (isNewer) Object.assign(place, { generation, epoch: next });
    }
    place.reader.take(frame.entries);
    this.#catchUp(place);
  }

  #refused({ ref, code, detail }: ServerFrameOf<'error'>): void {
    if (ref === pullRef) {
      // A page that could not be read now: all that were asked for are asked for again.
      for (const place of this.#places.values()) place.pulling = false;
      setTimeout(() => {
        for (const place of this.#places.values()) if (this.#online) this.#catchUp(place);
      }, 100);
      return;
    }
    if (ref === helloRef) {
      this.#connection.cut();
      return;
    }
    const envelope = ref === null ? undefined : this.#outbox.answered(ref);
    if (envelope === undefined) return;
    const { generation, epoch } = detail as { generation: Generation; epoch: Epoch };
    if (code === 'stale_epoch') this.#told(envelope.room, 0, generation, epoch);
    // A commit is of its epoch; a message is sealed anew under its id.
    if (code === 'stale_epoch' && envelope.kind === 'commit') {
      this.#ledger.refused.add(envelope.id);
      this.#outbox.settle(envelope);
    } else if (code === 'stale_epoch') this.#flush();
    else if (again.has(code)) setTimeout(() => this.#flush(), Number(detail.retryAfterMs ?? 100));
    else this.#ledger.faults.push(`${this.name}: ${code} for ${envelope.kind} ${envelope.id}`);
  }
}
