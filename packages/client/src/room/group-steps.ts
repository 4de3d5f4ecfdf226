import type { GroupState } from '@undertone/mls';
import type { PendingCommit } from '@undertone/mls/profile';
import { type AccountId, type DeviceId, ProtocolError } from '@undertone/protocol';
import { OfflineError } from '../rest/rest-client.ts';
import type { Draft } from './draft.ts';
import { enterFromOutside, foundGroup, isBrokenGroup, pendingCommit } from './enter-group.ts';
import { keyPackagesOf } from './key-packages-of.ts';
import type { LogReader } from './log-reader.ts';
import { ask } from './room-deps.ts';
import type { RoomStore } from './room-store.ts';

/** Attempts to enter the stored group before a new one is founded (SPEC R8). */
const enterTries = 3;
/** Refusals that may be answered by trying again at once; a race is over sooner than that. */
const refusalsAtOnce = 5;

interface AddRequest {
  readonly accounts: readonly AccountId[];
  resolve(): void;
  reject(error: unknown): void;
}

/** The driver's steps that bring this device into the room's group, change who is in it, and answer what the server refuses. */
export class GroupSteps {
  readonly #store: RoomStore;
  readonly #log: LogReader;
  readonly #adds: AddRequest[] = [];
  /** Attempts in a row to enter a group that turned out to be of no use. */
  #brokenTries = 0;
  /** When members are verified at an entry. After one that led into a group that does not hold, no commit is sent into such a one. */
  #verifyMembers: 'now' | 'later' = 'later';
  /** The server could not apply a patch of ours to what it holds (SPEC R12). */
  #wholeGroupInfo = false;
  /** Refusals in a row; after a few, waiting takes the place of trying at once. */
  #refusals = 0;

  constructor(store: RoomStore, log: LogReader) {
    this.#store = store;
    this.#log = log;
  }

  /** The log was read on: whether the group that was entered holds is known now. */
  applied({ entryFailed }: Draft): void {
    if (entryFailed) {
      this.#brokenTries += 1;
      this.#verifyMembers = 'now';
    } else if (this.#store.group !== null) {
      this.#brokenTries = 0;
      this.#verifyMembers = 'later';
    }
  }

  /** Whether the log has led to another epoch than the one that the keys at hand are for. */
  get strayed(): boolean {
    const { group, room } = this.#store.record;
    return group !== null && (group.generation !== room.generation || group.epoch !== room.epoch);
  }

  /** Send the commit that is stored. */
  async settlePending(): Promise<void> {
    const { deps, pending } = this.#store;
    if (pending === null) return;
    // While the commit is on its way, which takes about as long. Whether it went well is asked for when the commit is adopted.
    void this.#store.membersCheck.verified(pending.state).catch(() => {});
    try {
      const ack = await ask(deps, pending.frame, 'ack');
      this.#wholeGroupInfo = false;
      this.accepted();
      this.#log.reaches(ack.seq);
      // Accepted, but not in the log as this device reads it: it was lost in a way that repeats; enter again.
      if (this.#store.record.cursor !== null && this.#store.record.cursor >= ack.seq) {
        await this.#store.serial.run(() => this.#store.dropPending());
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      await this.#store.serial.run(() => this.#store.dropPending());
      await this.refused(error);
    }
  }

  /** The server accepted what was sent. */
  accepted(): void {
    this.#refusals = 0;
  }

  /** What the server's refusal of a send or commit calls for. Rejects where waiting is all that helps. */
  async refused(error: ProtocolError): Promise<void> {
    const { record } = this.#store;
    this.#refusals += 1;
    switch (error.code) {
      case 'stale_epoch':
        this.#log.noteGap();
        break;
      case 'removal_pending': {
        this.#log.noteGap();
        const devices = (error.detail.devices ?? []) as DeviceId[];
        const pendingRemovals = [...new Set([...record.room.pendingRemovals, ...devices])];
        await this.#store.serial.run(() => this.#store.save({ room: { ...record.room, pendingRemovals } }));
        break;
      }
      case 'group_info_mismatch':
        this.#wholeGroupInfo = true;
        break;
      case 'not_in_group':
        this.#log.noteGap();
        await this.#store.serial.run(() => this.#store.dropGroup());
        break;
      default:
        if (isBrokenGroup(error)) this.#brokenTries += 1;
        throw error;
    }
    if (this.#refusals > refusalsAtOnce) throw error;
  }

  /** Make the commit by which this device comes into the group, or founds it, and store it; the next steps send it. */
  async enter(): Promise<void> {
    const { deps, record } = this.#store;
    const give = this.#brokenTries >= enterTries || record.room.generation === 0;
    const choices = { wholeGroupInfo: this.#wholeGroupInfo, verifyMembers: this.#verifyMembers };
    try {
      const pending = give ? await foundGroup(deps, record) : await enterFromOutside(deps, record, choices);
      await this.#store.serial.run(() => this.#store.setPending(pending));
      if (give) this.#brokenTries = 0;
    } catch (error) {
      if (isBrokenGroup(error)) this.#brokenTries += 1;
      throw error;
    }
  }

  /** Make a commit for the epoch at hand and store it; the next steps send it. */
  async propose(create: (group: GroupState) => Promise<PendingCommit>): Promise<void> {
    await this.#store.serial.run(async () => {
      const { deps, record, group } = this.#store;
      if (group === null || record.group === null) return;
      const at = { room: record.room.id, ...record.group };
      const choices = { wholeGroupInfo: this.#wholeGroupInfo };
      await this.#store.setPending(await pendingCommit(deps, await create(group), at, choices));
    });
  }

  /** Add accounts to the thread when there is a step for it; resolves when the server has accepted it. */
  add(accounts: readonly AccountId[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#adds.push({ accounts, resolve, reject });
    });
  }

  get hasToAdd(): boolean {
    return this.#adds.length > 0;
  }

  async addNext(): Promise<boolean> {
    const { deps, record, group } = this.#store;
    const request = this.#adds[0];
    if (request === undefined || group === null) return false;
    const accounts = request.accounts.filter((account) => !record.members.includes(account));
    if (accounts.length === 0) {
      this.#adds.shift();
      request.resolve();
      return true;
    }
    try {
      const keyPackages = await keyPackagesOf(deps, accounts);
      await this.propose((group) => deps.engine.add(group, keyPackages));
      // Settled by the next steps; asked again then, and found to be done.
      return true;
    } catch (error) {
      this.#adds.shift();
      request.reject(error);
      return true;
    }
  }

  /** Nobody is added any more. */
  stop(): void {
    for (const add of this.#adds.splice(0)) add.reject(new OfflineError());
  }
}
