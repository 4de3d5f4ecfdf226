import type { AccountId, RoomId } from '@undertone/protocol';
import type { Database, Tx } from '../database/database.ts';
import { RoomRepository } from '../rooms/room-repository.ts';
import { LocalBus } from './bus.ts';
import { Hub } from './hub.ts';
import { LogRepository } from './log-repository.ts';
import { joinRoom, leaveRoom } from './membership.ts';
import type { Outbox } from './outbox.ts';
import type { PresenceTimes } from './presence.ts';
import { RelayWriter } from './writer.ts';

export interface RelayOptions {
  readonly database: Database;
  readonly presence: PresenceTimes;
  readonly onError: (error: unknown) => void;
}

/** The relay: one writer of logs, the logs to read, and the sockets to tell. */
export class Relay {
  readonly writer: RelayWriter;
  readonly log: LogRepository;
  readonly rooms: RoomRepository;
  readonly hub: Hub;
  readonly bus: LocalBus;

  constructor({ database, presence, onError }: RelayOptions) {
    this.bus = new LocalBus();
    this.rooms = new RoomRepository(database);
    this.log = new LogRepository(database);
    this.writer = new RelayWriter(database, this.bus);
    this.hub = new Hub({ bus: this.bus, rooms: this.rooms, presence, onError });
  }

  /** A change that touches logs or memberships, in order with the sends of its rooms. */
  change<T>(run: (tx: Tx, outbox: Outbox) => Promise<T>): Promise<T> {
    return this.writer.exclusive(run);
  }

  join(room: RoomId, account: AccountId): Promise<void> {
    return this.change((tx, outbox) => joinRoom(tx, outbox, room, account));
  }

  leave(room: RoomId, account: AccountId): Promise<void> {
    return this.change((tx, outbox) => leaveRoom(tx, outbox, room, account));
  }
}
