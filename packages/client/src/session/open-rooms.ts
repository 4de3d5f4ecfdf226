import { type AccountId, ProtocolError, type RoomId, type RoomState } from '@undertone/protocol';
import { OfflineError } from '../rest/rest-client.ts';
import type { RoomDeps } from '../room/room-deps.ts';
import { RoomSession } from '../room/room-session.ts';
import type { RoomRecord } from '../storage/records.ts';
import type { RoomView } from '../view/index.ts';

/** Room views are sent together, at most once in this time: a busy room changes with every message. */
const roomFlushMs = 16;
/** How long the push of a room just entered is waited for. */
const roomAppearsMs = 10_000;

/**
 * Whether kind and history policy fit to each other (SPEC R1). A thread whose history is shared does not exist: who took one up would hand the keys
 * of what was said to people that nobody accepted.
 */
const isConsistent = ({ kind, policy }: RoomState): boolean => policy === (kind === 'public' ? 'shared' : 'sealed');

/** The rooms that a session holds. Each is opened once, and the views are told of those that changed. */
export class OpenRooms {
  readonly #deps: RoomDeps;
  readonly #tell: (rooms: readonly RoomView[]) => void;
  readonly #rooms = new Map<RoomId, RoomSession>();
  readonly #opening = new Map<RoomId, Promise<RoomSession>>();
  readonly #appearing = new Map<RoomId, () => void>();
  readonly #changed = new Set<RoomId>();
  #flush: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(deps: RoomDeps, tell: (rooms: readonly RoomView[]) => void) {
    this.#deps = deps;
    this.#tell = tell;
  }

  all(): IterableIterator<RoomSession> {
    return this.#rooms.values();
  }

  find(id: RoomId): RoomSession | undefined {
    return this.#rooms.get(id);
  }

  get(id: RoomId): RoomSession {
    const room = this.#rooms.get(id);
    if (room === undefined) throw new ProtocolError('unknown_room');
    return room;
  }

  /** The thread with exactly these members. */
  findThread(accounts: Iterable<AccountId>): RoomSession | undefined {
    const everyone = [...new Set(accounts)].sort().join();
    return [...this.#rooms.values()].find(
      (room) => room.kind === 'thread' && [...room.members].sort().join() === everyone,
    );
  }

  async open(stored: RoomRecord | RoomState): Promise<RoomSession> {
    const id = 'room' in stored ? stored.room.id : stored.id;
    const opening =
      this.#opening.get(id) ??
      RoomSession.open(this.#deps, stored).then((room) => {
        this.#rooms.set(id, room);
        return room;
      });
    this.#opening.set(id, opening);
    try {
      return await opening;
    } finally {
      this.#opening.delete(id);
    }
  }

  /** Open the rooms that this browser holds. */
  async restore(stored: readonly RoomRecord[]): Promise<void> {
    for (const record of stored) if (isConsistent(record.room)) await this.open(record);
  }

  /** The room as the server has it now: open it if it is new, bring it up to date if not. */
  async sync(state: RoomState): Promise<void> {
    if (!isConsistent(state)) return;
    const room = this.#rooms.get(state.id) ?? (await this.open(state));
    if (this.#closed) return;
    await room.resume(state);
    this.changed(state.id);
    this.#appearing.get(state.id)?.();
  }

  /** The room's view is to be told again. */
  changed(id: RoomId): void {
    this.#changed.add(id);
    this.#flush ??= setTimeout(() => this.#tellChanged(), roomFlushMs);
  }

  #tellChanged(): void {
    clearTimeout(this.#flush);
    this.#flush = undefined;
    const rooms = [...this.#changed].flatMap((id) => this.#rooms.get(id)?.view() ?? []);
    this.#changed.clear();
    if (rooms.length === 0 || this.#closed) return;
    this.#tell(rooms);
  }

  /** Wait until a room that this account has just entered is here (the server's push brings it) and the views know it. */
  async appeared(id: RoomId): Promise<void> {
    if (!this.#rooms.has(id)) await this.#appearance(id);
    this.#changed.add(id);
    this.#tellChanged();
  }

  async #appearance(id: RoomId): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const done = () => {
        clearTimeout(timer);
        this.#appearing.delete(id);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#appearing.delete(id);
        reject(new OfflineError());
      }, roomAppearsMs);
      this.#appearing.set(id, done);
    });
  }

  /** Erase what this browser holds of a room. False if it holds nothing. */
  async erase(id: RoomId): Promise<boolean> {
    const room = this.#rooms.get(id);
    if (room === undefined) return false;
    this.#rooms.delete(id);
    await room.erase();
    return true;
  }

  /** A thread whose creation was cut off and never reached the server. */
  async forgetStrayPending(present: ReadonlySet<RoomId>): Promise<void> {
    const keys = await this.#deps.vault.keys('groups');
    const roomOf = (key: string) => key.split('/')[0] as RoomId;
    const stray = keys.filter((key) => !present.has(roomOf(key)) && !this.#rooms.has(roomOf(key)));
    await this.#deps.vault.write(stray.map((key) => ({ store: 'groups', key })));
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#flush);
    for (const room of this.#rooms.values()) room.close();
  }
}
