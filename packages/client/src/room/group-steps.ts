import type { GroupState } from '@undertone/mls';
import type { PendingCommit } from '@undertone/mls/profile';
import { type DeviceId, type Generation, ProtocolError } from '@undertone/protocol';
import { encodeEvidence } from '../content/evidence.ts';
import type { Draft } from './draft.ts';
import { type CommitChoices, enterFromOutside, foundGroup, isBrokenGroup, pendingCommit } from './enter-group.ts';
import type { LogReader } from './log-reader.ts';
import { ownEvidence } from './own-evidence.ts';
import { ask } from './room-deps.ts';
import type { RoomStore } from './room-store.ts';

/** Attempts to enter the stored group before a new one is founded (SPEC R8). */
const enterTries = 3;
/** Refusals that may be answered by trying again at once; a race is over sooner than that. */
const refusalsAtOnce = 5;
/** Refusals for being in another epoch, with the log read to its end, after which the group at hand is given up. */
const refusalsUntilLost = 3;

/** The driver's steps that bring this device into the room's group, and answer what the server refuses. */
export class GroupSteps {
  readonly #store: RoomStore;
  readonly #log: LogReader;
  /** Attempts in a row to enter a group that turned out to be of no use. */
  #brokenTries = 0;
  /** When members are verified at an entry. After one that led into a group that does not hold, no commit is sent into such a one. */
  #verifyMembers: 'now' | 'later' = 'later';
  /** The server could not apply a patch of ours to what it holds (SPEC R12). */
  #wholeGroupInfo = false;
  /** Refusals in a row; after a few, waiting takes the place of trying at once. */
  #refusals = 0;
  /** The generation that the server named where it is lower than that of the log as it was read here. */
  #earlierGeneration: Generation | null = null;
  /** Of those, the ones for another epoch than the log has led to. */
  #strayed = 0;

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

  /** Send the commit that is stored. */
  async settlePending(): Promise<void> {
    const { deps, pending } = this.#store;
    if (pending === null) return;
    // While the commit is on its way, which takes about as long. Whether it went well is asked for when the commit is adopted.
    void this.#store.membersCheck.verified(pending.state).catch(() => {});
    try {
      const ack = await ask(deps, pending.frame, 'ack');
      this.#wholeGroupInfo = false;
      this.#log.reaches(ack.seq);
      const { cursor } = this.#store.record;
      if (cursor === null || ack.seq > cursor) {
        this.accepted();
        return;
      }
      // Accepted, but not in the log as this device reads it: it was lost in a way that may repeat; enter again.
      await this.#store.serial.run(() => this.#store.dropPending());
      this.#refusals += 1;
      if (this.#refusals > refusalsAtOnce) throw new ProtocolError('stale_epoch');
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      await this.#store.serial.run(() => this.#store.dropPending());
      await this.refused(error);
    }
  }

  /** The server accepted what was sent. */
  accepted(): void {
    this.#refusals = 0;
    this.#strayed = 0;
  }

  /** What the server's refusal of a send or commit calls for. Rejects where waiting is all that helps. */
  async refused(error: ProtocolError): Promise<void> {
    const { record } = this.#store;
    this.#refusals += 1;
    switch (error.code) {
      case 'stale_epoch':
        await this.#atAnotherEpoch(error);
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

  /**
   * The server has the room in another epoch. Most often the log has the commit that led there. Where it has none, the group at hand is
   * of no use: a later one is entered again, and in the place of an earlier one, as after the server was set back to a backup, a new
   * generation is founded, since none is entered that is over (SPEC R15).
   */
  async #atAnotherEpoch({ detail }: ProtocolError): Promise<void> {
    this.#log.noteGap();
    const { record, group } = this.#store;
    const { generation, epoch } = detail;
    const isLower = typeof generation === 'number' && generation < record.room.generation;
    this.#earlierGeneration = isLower ? (generation as Generation) : null;
    this.#strayed += 1;
    if (group === null || record.group === null || this.#strayed < refusalsUntilLost) return;
    const earlier =
      typeof generation === 'number' &&
      typeof epoch === 'number' &&
      (generation < record.group.generation || (generation === record.group.generation && epoch < record.group.epoch));
    if (earlier) this.#brokenTries = enterTries;
    this.#strayed = 0;
    await this.#store.serial.run(() => this.#store.dropGroup());
  }

  /** Make the commit by which this device comes into the group, or founds it, and store it; the next steps send it. */
  async enter(): Promise<void> {
    const { deps, record } = this.#store;
    const give = this.#brokenTries >= enterTries || record.room.generation === 0;
    const choices = { wholeGroupInfo: this.#wholeGroupInfo, verifyMembers: this.#verifyMembers };
    try {
      const after = this.#earlierGeneration ?? record.room.generation;
      const pending = give ? await foundGroup(deps, record, after) : await enterFromOutside(deps, record, choices);
      await this.#store.serial.run(() => this.#store.setPending(pending));
      if (give) this.#brokenTries = 0;
    } catch (error) {
      if (isBrokenGroup(error)) this.#brokenTries += 1;
      throw error;
    }
  }

  /** Make a commit for the epoch at hand and store it; the next steps send it. */
  async propose(
    create: (group: GroupState, data: { readonly authenticatedData: Uint8Array }) => Promise<PendingCommit>,
    facts: Pick<CommitChoices, 'lastResort'> = {},
  ): Promise<void> {
    await this.#store.serial.run(async () => {
      const { deps, record, group } = this.#store;
      if (group === null || record.group === null) return;
      const at = { room: record.room.id, ...record.group };
      const authenticatedData = encodeEvidence(ownEvidence(this.#store));
      const commit = await create(group, { authenticatedData });
      const choices = { wholeGroupInfo: this.#wholeGroupInfo, ...facts };
      await this.#store.setPending(await pendingCommit(deps, commit, at, choices));
    });
  }
}
