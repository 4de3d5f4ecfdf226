import type {
  AccountId,
  DeviceId,
  ErrorCode,
  RoomId,
  ServerFrame,
  ServerFrameOf,
  SessionId,
} from '@undertone/protocol';
import type { PresenceMessage } from '../presence/presence-message.ts';
import type { EncodedEntries } from './encoded-entries.ts';

/** What server processes tell each other once it is durable; each passes it on to its own sockets. */
export type BusEvent =
  /** New entries of a room, in order (SPEC L2). */
  | ({ readonly kind: 'entries'; readonly room: RoomId } & EncodedEntries)
  | { readonly kind: 'joined'; readonly room: RoomId; readonly account: AccountId }
  | { readonly kind: 'gone'; readonly room: RoomId; readonly account: AccountId }
  /** For everyone who is connected. */
  | { readonly kind: 'broadcast'; readonly frame: ServerFrame }
  /** For the room's other sockets than `from`, its sender's; never kept for one that is slow (SPEC S1). */
  | { readonly kind: 'signal'; readonly from: string; readonly frame: ServerFrameOf<'signalled'> }
  /** Whether an account's presence may be seen (SPEC P2). */
  | { readonly kind: 'visibility'; readonly account: AccountId; readonly visible: boolean }
  /** There are blobs that nothing names any more (SPEC F3). Told in this process only: one that collects is enough. */
  | { readonly kind: 'blobs_given_up' }
  /** Sockets of these sessions are closed with 4401 (SPEC A6). */
  | { readonly kind: 'sessions_ended'; readonly sessions: readonly SessionId[] }
  /** Sockets that speak for these devices are closed (SPEC R6). */
  | { readonly kind: 'devices_ended'; readonly devices: readonly DeviceId[]; readonly code: ErrorCode }
  /** What accounts sent by way of the process `from` of late, as far as it is much. */
  | { readonly kind: 'sends_taken'; readonly from: string; readonly taken: readonly (readonly [AccountId, number])[] }
  /** What the process `from` tells the others of its people's presence (SPEC P1). */
  | { readonly kind: 'presence'; readonly from: string; readonly message: PresenceMessage }
  /** Whether other processes can be told and heard from now on. Never leaves this process. */
  | { readonly kind: 'reach'; readonly others: boolean }
  /** Any of the above but entries may have been missed: what sockets rest on has to be read again. Never leaves this process. */
  | { readonly kind: 'recheck' };

export type BusHandler = (event: BusEvent) => void;

/**
 * Fan-out between server processes. Entries of a room that is followed come in the order of their seq, without gaps: the log is the
 * truth, and what gets lost on the way is read there. Everything else may be lost, and is made good by `recheck`; signals are not.
 */
export interface Bus {
  publish(event: BusEvent): void;
  subscribe(handler: BusHandler): () => void;
  /**
   * From now on entries of these rooms are wanted here. When it resolves, all those come that follow what can be read now. Fails where the
   * database does; asking again is right then. Following twice changes nothing.
   */
  follow(rooms: readonly RoomId[]): Promise<void>;
  unfollow(room: RoomId): void;
}

/** The bus of a single process: events arrive at once, in the order of publishing, which is that of the logs (see `RelayWriter`). */
export class LocalBus implements Bus {
  readonly #handlers = new Set<BusHandler>();

  publish(event: BusEvent): void {
    for (const handler of this.#handlers) handler(event);
  }

  subscribe(handler: BusHandler): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  async follow(): Promise<void> {}

  unfollow(): void {}
}
