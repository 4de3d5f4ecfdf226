import { epochAuthenticator, type Member, type PendingCommit } from '@undertone/mls/profile';
import type {
  ClientFrame,
  ClientFrameOf,
  CommitEntry,
  DeviceId,
  EntryId,
  Epoch,
  Generation,
  LogEntry,
  RoomId,
  Seq,
  ServerFrame,
  ServerFrameOf,
  TimestampMs,
} from '@undertone/protocol';
import { unshared } from '../src/bytes.ts';
import { sha256Of } from '../src/room/log-hash.ts';
import { deviceOf } from '../src/room/roster.ts';
import { readDevice } from '../src/session/device.ts';
import type { RoomRecord } from '../src/storage/records.ts';
import type { Ghost } from './ghost.ts';
import type { Person } from './people.ts';

export interface EpochAt {
  readonly generation: Generation;
  readonly epoch: Epoch;
}

/** An entry without its place in the log. */
export type Told = LogEntry extends infer E ? (E extends LogEntry ? Omit<E, 'seq' | 'at'> : never) : never;

type Speaker = Pick<Ghost, 'account' | 'device'>;

const devices = (leaves: readonly Member[]): DeviceId[] => leaves.map((leaf) => deviceOf(leaf).device);

/** What a server tells of a commit that `by` made at an epoch. */
export const commitTold = (
  by: Speaker,
  pending: PendingCommit,
  at: EpochAt,
  external = false,
): Omit<CommitEntry, 'seq' | 'at'> => ({
  kind: 'commit',
  ...at,
  id: crypto.randomUUID() as EntryId,
  account: by.account,
  device: by.device,
  body: unshared(pending.commit),
  external,
  added: devices(pending.added),
  removed: devices(pending.removed),
  authenticator: unshared(epochAuthenticator(pending.state)),
});

/**
 * The log of a room as a lying server tells it to one person, beside the true one. It begins after what that person has read, answers to
 * what they send with an acknowledgement, and tells it back; nothing of the true log comes through any more.
 */
export class ShadowLog {
  readonly #person: Person;
  readonly #room: RoomId;
  readonly #device: DeviceId;
  readonly #waiting = new Map<number, ClientFrame>();
  #head: Seq;
  /** What the person sent to this room, in order. */
  readonly sent: ClientFrame[] = [];
  /** What is answered to who asks for the present group. */
  group: (EpochAt & { readonly groupInfo: Uint8Array<ArrayBuffer> }) | null = null;
  /** What is answered to who asks for the Welcome that waits. */
  welcome: ServerFrameOf<'welcome'> | null = null;
  /** How a request is answered where it is not accepted. */
  refuse: (frame: ClientFrame) => Pick<Extract<ServerFrame, { type: 'error' }>, 'code' | 'detail'> | undefined = () =>
    undefined;

  private constructor(person: Person, room: RoomId, device: DeviceId, head: Seq) {
    this.#person = person;
    this.#room = room;
    this.#device = device;
    this.#head = head;
    const { outgoing, incoming } = person;
    person.outgoing = (frame) => {
      const sent = outgoing(frame);
      if ('room' in sent && sent.room === room && 'ref' in sent) {
        this.#waiting.set(sent.ref, sent);
        if (sent.type !== 'pull') this.sent.push(sent);
      }
      return sent;
    };
    person.incoming = (frame) => incoming(frame).flatMap((one) => this.#changed(one));
  }

  static async of(person: Person, room: RoomId): Promise<ShadowLog> {
    const vault = await person.vaults.open(person.id);
    const record = await vault.get<RoomRecord>('rooms', room);
    const device = await readDevice(vault);
    if (record === undefined || record.cursor === null || device === undefined) throw new Error('not in the room');
    return new ShadowLog(person, room, device.record.device, record.cursor);
  }

  #changed(frame: ServerFrame): readonly ServerFrame[] {
    if (frame.type === 'entries' || frame.type === 'head') return frame.room === this.#room ? [] : [frame];
    if (frame.type === 'room') return frame.room.id === this.#room ? [] : [frame];
    if (!('ref' in frame) || frame.ref === null) return [frame];
    const { ref } = frame;
    const request = this.#waiting.get(ref);
    if (request === undefined) return [frame];
    this.#waiting.delete(ref);
    const refusal = this.refuse(request);
    if (refusal !== undefined) return [{ type: 'error', ref, ...refusal }];
    switch (request.type) {
      case 'pull':
      case 'links':
        return [{ type: 'page', ref, room: this.#room, entries: [], more: false, emptiedSeq: 0 as Seq }];
      case 'group':
        return this.group === null
          ? [frame]
          : [{ type: 'group', ref, room: this.#room, seq: this.#head, ...this.group }];
      case 'welcome':
        return this.welcome === null ? [frame] : [{ ...this.welcome, ref }];
      case 'send':
      case 'commit':
      case 'found': {
        const entries = this.#placed([this.#said(request)]);
        const ack = { type: 'ack', ref, room: this.#room, id: request.id, seq: this.#head, at: this.#now() } as const;
        return [ack, { type: 'entries', room: this.#room, entries }];
      }
      default:
        return [frame];
    }
  }

  #said(frame: ClientFrameOf<'send'> | ClientFrameOf<'commit'> | ClientFrameOf<'found'>): Told {
    const by = { id: frame.id, account: this.#person.id, device: this.#device };
    const { generation } = frame;
    if (frame.type === 'send') return { kind: frame.kind, generation, epoch: frame.epoch, ...by, body: frame.body };
    if (frame.type === 'found') {
      const { authenticator, last, signature } = frame;
      const founding = { last, groupInfoHash: sha256Of(frame.groupInfo), signature };
      return { kind: 'found', generation, epoch: 0 as Epoch, ...by, authenticator, founding };
    }
    const { epoch, commit: body, external, added, removed, authenticator } = frame;
    return { kind: 'commit', generation, epoch, ...by, body, external, added, removed, authenticator };
  }

  /** The place of the last entry that was told. */
  get head(): Seq {
    return this.#head;
  }

  #now(): TimestampMs {
    return Date.now() as TimestampMs;
  }

  #placed(told: readonly Told[]): LogEntry[] {
    return told.map((entry) => {
      this.#head = (this.#head + 1) as Seq;
      return { ...entry, seq: this.#head, at: this.#now() } as LogEntry;
    });
  }

  /** Tell the person of entries, in one frame. Gives the place of the last one. */
  tell(...told: readonly Told[]): Seq {
    this.#person.receive({ type: 'entries', room: this.#room, entries: this.#placed(told) });
    return this.#head;
  }

  /** The log goes on after `seq`: what lies before cannot be had. */
  skipTo(seq: Seq): void {
    this.#head = seq;
  }

  /** Wait until the person's client has applied everything up to a place. */
  async applied(seq: Seq = this.#head): Promise<RoomRecord> {
    const vault = await this.#person.vaults.open(this.#person.id);
    for (;;) {
      const record = await vault.get<RoomRecord>('rooms', this.#room);
      if (record !== undefined && (record.cursor ?? 0) >= seq) return record;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Those of the sent frames that are messages. */
  get messages(): ClientFrameOf<'send'>[] {
    return this.sent.flatMap((frame) => (frame.type === 'send' && frame.kind === 'message' ? frame : []));
  }
}
