import type { AccountId, RoomId } from '@undertone/protocol';
import type { Bus } from '../bus/bus.ts';
import type { Database, Tx } from '../database/database.ts';
import { SendLimits } from '../limits/send-limits.ts';
import { ActivePeople } from '../presence/active-people.ts';
import { LastSeen } from '../presence/last-seen.ts';
import type { PresenceTimes } from '../presence/presence.ts';
import type { PresenceStore } from '../presence/presence-store.ts';
import { SharedRooms } from '../presence/shared-rooms.ts';
import { RoomRepository } from '../rooms/room-repository.ts';
import { Hub } from './hub.ts';
import type { LogRepository } from './log-repository.ts';
import { joinRoom, leaveRoom } from './membership.ts';
import type { Outbox } from './outbox.ts';
import type { Sessions } from './recheck.ts';
import { RelayWriter } from './writer.ts';

export interface RelayOptions {
  readonly database: Database;
  readonly bus: Bus;
  readonly log: LogRepository;
  readonly sessions: Sessions;
  readonly presence: PresenceTimes;
  readonly presenceStore: PresenceStore;
  /** Sends of one account, in the long run. */
  readonly sendsPerSecond: number;
  readonly onError: (error: unknown) => void;
}

/** The relay: one writer of logs, the logs to read, and the sockets to tell. */
export class Relay {
  readonly writer: RelayWriter;
  readonly log: LogRepository;
  readonly rooms: RoomRepository;
  readonly hub: Hub;
  readonly lastSeen: LastSeen;
  readonly active: ActivePeople;
  readonly bus: Bus;
  readonly sendLimits: SendLimits;

  constructor(options: RelayOptions) {
    const { database, bus, log, sessions, presence, presenceStore, sendsPerSecond, onError } = options;
    this.sendLimits = new SendLimits(sendsPerSecond, bus);
    this.bus = bus;
    this.rooms = new RoomRepository(database);
    this.log = log;
    this.writer = new RelayWriter(database, this.bus);
    const shared = new SharedRooms(database);
    this.lastSeen = new LastSeen(database, shared, onError);
    this.active = new ActivePeople(presenceStore, this.rooms, shared);
    const { rooms, lastSeen } = this;
    this.hub = new Hub({ bus, rooms, sessions, presence, presenceStore, shared, lastSeen, onError });
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
