import type { AccountId, DeviceId, ErrorCode, LogEntry, RoomId, ServerFrame, SessionId } from '@undertone/protocol';

/** What server processes tell each other once it is durable; each passes it on to its own sockets. */
export type BusEvent =
  /** New entries of a room, in order (SPEC L2). */
  | { readonly kind: 'entries'; readonly room: RoomId; readonly entries: readonly LogEntry[] }
  | { readonly kind: 'joined'; readonly room: RoomId; readonly account: AccountId }
  | { readonly kind: 'gone'; readonly room: RoomId; readonly account: AccountId }
  /** For everybody who is connected. */
  | { readonly kind: 'broadcast'; readonly frame: ServerFrame }
  /** Sockets of these sessions are closed with 4401 (SPEC A6). */
  | { readonly kind: 'sessions_ended'; readonly sessions: readonly SessionId[] }
  /** Sockets that speak for these devices are closed (SPEC R6). */
  | { readonly kind: 'devices_ended'; readonly devices: readonly DeviceId[]; readonly code: ErrorCode };

/** Fan-out between server processes. Losing an event delays a receiver, which fills the gap from the log (SPEC L5). */
export interface Bus {
  publish(event: BusEvent): void;
  subscribe(handler: (event: BusEvent) => void): () => void;
}

/** The bus of a single process: events arrive at once, in the order of publishing. */
export class LocalBus implements Bus {
  readonly #handlers = new Set<(event: BusEvent) => void>();

  publish(event: BusEvent): void {
    for (const handler of this.#handlers) handler(event);
  }

  subscribe(handler: (event: BusEvent) => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }
}
