import { expect } from 'vitest';
import { applySplices, type GroupState, readStoredStates, storedChanges } from '../../src/index.ts';
import {
  epochAuthenticator,
  groupContextHash,
  inspectGroupInfo,
  members,
  nextGeneration,
  ownLeafIndex,
  type PendingCommit,
} from '../../src/profile/index.ts';
import { bytes, type Device, hex, name, names, textOf } from './directory.ts';

/** All records of a state, in hex. */
export function recordsOf(state: GroupState): Map<string, string> {
  return new Map(storedChanges({}, { state }).map(({ key, value }) => [key, hex(value ?? bytes(''))]));
}

/** A state that went to disk and back. */
export function stored(state: GroupState): GroupState {
  const records = new Map(storedChanges({}, { state }).map(({ key, value }) => [key, value ?? bytes('')]));
  const restored = readStoredStates(records).state;
  if (restored === undefined) throw new Error('not stored');
  return restored;
}

/**
 * One group with all its members in one process, and the server's part: the total order, the stored group info. Each accepted
 * commit is processed by everyone, and everyone is compared.
 */
export class Room {
  readonly states = new Map<Device, GroupState>();
  groupInfo: Uint8Array = new Uint8Array();

  static async create(device: Device, id = 'room'): Promise<Room> {
    const room = new Room();
    const state = await device.engine.createGroup(bytes(id));
    room.states.set(device, state);
    room.groupInfo = await device.engine.groupInfo(state);
    return room;
  }

  state(device: Device): GroupState {
    const state = this.states.get(device);
    if (state === undefined) throw new Error(`${device.name} is not in the room`);
    return state;
  }

  leafOf(device: Device): number {
    return ownLeafIndex(this.state(device));
  }

  /** Everyone but the author processes; those removed drop out. */
  async accept(author: Device, pending: PendingCommit): Promise<void> {
    for (const [device, state] of [...this.states]) {
      if (device === author) continue;
      const result = await device.engine.processCommit(state, pending.commit);
      expect(name(result.committer.identity)).toBe(author.name);
      expect(result.external).toBe(names(pending.added).includes(author.name));
      const before = members(state).find(({ leafIndex }) => leafIndex === result.committer.leafIndex);
      expect(result.committerBefore).toEqual(result.external ? null : before);
      expect(names(result.added)).toEqual(names(pending.added));
      expect(names(result.removed)).toEqual(names(pending.removed));
      expect(result.removedSelf).toBe(names(pending.removed).includes(device.name));
      if (result.removedSelf) this.states.delete(device);
      else this.states.set(device, result.state);
    }
    this.states.set(author, pending.state);
    const former = inspectGroupInfo(this.groupInfo);
    this.groupInfo = applySplices(this.groupInfo, pending.groupInfoPatch.splices);
    expect(hex(this.groupInfo)).toBe(hex(await author.engine.groupInfo(pending.state)));
    const { contextHash, signer } = inspectGroupInfo(this.groupInfo);
    expect(hex(contextHash)).toBe(hex(groupContextHash(pending.state)));
    expect(hex(contextHash)).not.toBe(hex(former.contextHash));
    expect(signer).toBe(this.leafOf(author));
    this.expectAgreement();
  }

  async add(author: Device, ...newcomers: Device[]): Promise<PendingCommit> {
    const keyPackages = await Promise.all(newcomers.map(({ engine }) => engine.createKeyPackage()));
    const pending = await author.engine.add(
      this.state(author),
      keyPackages.map(({ keyPackage }) => keyPackage),
    );
    await this.accept(author, pending);
    for (const [index, newcomer] of newcomers.entries()) {
      const own = keyPackages[index];
      if (own === undefined || pending.welcome === undefined) throw new Error('no welcome');
      this.states.set(newcomer, await newcomer.engine.joinFromWelcome(pending.welcome, own));
    }
    this.expectAgreement();
    return pending;
  }

  async remove(author: Device, ...gone: Device[]): Promise<PendingCommit> {
    const leaves = gone.map((device) => this.leafOf(device));
    const pending = await author.engine.remove(this.state(author), leaves);
    await this.accept(author, pending);
    return pending;
  }

  async update(author: Device): Promise<void> {
    await this.accept(author, await author.engine.update(this.state(author)));
  }

  async joinExternal(device: Device, resync = false): Promise<PendingCommit> {
    const pending = await device.engine.joinExternal(this.groupInfo, { resync });
    // A device that resyncs has lost its state.
    this.states.delete(device);
    await this.accept(device, pending);
    return pending;
  }

  /** Encrypts once; everyone sees whose message it is; everyone else decrypts and names the sender. */
  async say(author: Device, text: string): Promise<Uint8Array> {
    const generation = nextGeneration(this.state(author));
    const sent = await author.engine.encrypt(this.state(author), bytes(text), bytes('aad'));
    const leafIndex = this.leafOf(author);
    expect(nextGeneration(sent.state)).toBe(generation + 1);
    for (const [device, state] of this.states) {
      expect(await device.engine.messageOrigin(state, sent.message)).toEqual({ leafIndex, generation });
    }
    this.states.set(author, sent.state);
    for (const [device, state] of [...this.states]) {
      if (device === author) continue;
      const got = await device.engine.decrypt(state, sent.message);
      expect(textOf(got.plaintext)).toBe(text);
      expect(textOf(got.authenticatedData)).toBe('aad');
      expect(got.sender).toEqual({ leafIndex, identity: author.identity, signatureKey: author.signer.publicKey });
      this.states.set(device, got.state);
    }
    return sent.message;
  }

  /** Every state goes to disk and back. */
  reload(): void {
    for (const [device, state] of [...this.states]) {
      const restored = stored(state);
      expect(recordsOf(restored)).toEqual(recordsOf(state));
      this.states.set(device, restored);
    }
  }

  expectAgreement(): void {
    const authenticators = new Set([...this.states.values()].map((state) => hex(epochAuthenticator(state))));
    expect(authenticators.size).toBe(1);
    const contexts = new Set([...this.states.values()].map((state) => hex(groupContextHash(state))));
    expect(contexts.size).toBe(1);
    const everyone = [...this.states.keys()].map((device) => device.name).sort();
    for (const state of this.states.values()) {
      const listed = names(members(state)).sort();
      // A newcomer by Welcome is in the tree before it has joined.
      expect(listed).toEqual(expect.arrayContaining(everyone));
    }
  }
}
