import { mlsExporter } from 'ts-mls/keySchedule.js';
import { decrypt, encrypt } from './application.ts';
import { type EngineContext, type EngineOptions, makeContext } from './context.ts';
import { add, remove, update } from './create-commit.ts';
import { guarded } from './errors.ts';
import { encodeGroupInfo } from './group-info.ts';
import { activeState } from './group-state.ts';
import { createGroup, joinExternal, joinFromWelcome } from './join.ts';
import { createKeyPackage } from './key-package.ts';
import { processCommit } from './process-commit.ts';
import { decodeState } from './state-codec.ts';
import type {
  CreatedKeyPackage,
  Decrypted,
  Encrypted,
  GroupState,
  OwnKeyPackage,
  PendingCommit,
  ProcessedCommit,
} from './types.ts';

/**
 * One device's MLS (RFC 9420, cipher suite 1). The engine holds the device's identity and the handle of its signing key, the
 * caller holds the states. Every method is a function of its arguments: it returns the new state and leaves the given one valid,
 * also when it fails. All failures are `MlsError`.
 */
export class MlsEngine {
  readonly #context: EngineContext;

  constructor(options: EngineOptions) {
    this.#context = makeContext(options);
  }

  /** For others to add this device with (RFC 9420 §10). Keep `keyPackage` and `secret` until a Welcome names `reference`. */
  createKeyPackage(options?: { lastResort?: boolean }): Promise<CreatedKeyPackage> {
    return guarded('internal', () => createKeyPackage(this.#context, options?.lastResort ?? false));
  }

  /** A group with this device as its only member, in epoch 0. */
  createGroup(groupId: Uint8Array): Promise<GroupState> {
    return createGroup(this.#context, groupId);
  }

  /** Adds by key package; the Welcome is for all of them. Those added can also read nothing of what was sent before. */
  add(state: GroupState, keyPackages: Uint8Array[]): Promise<PendingCommit> {
    return add(this.#context, state, keyPackages);
  }

  remove(state: GroupState, leafIndexes: number[]): Promise<PendingCommit> {
    return remove(this.#context, state, leafIndexes);
  }

  /** Renews this member's keys. */
  update(state: GroupState): Promise<PendingCommit> {
    return update(this.#context, state);
  }

  joinFromWelcome(welcome: Uint8Array, keyPackage: OwnKeyPackage): Promise<GroupState> {
    return joinFromWelcome(this.#context, welcome, keyPackage);
  }

  /** Joins without anybody's help. `resync` replaces a former leaf of this device, if there is one. */
  joinExternal(groupInfo: Uint8Array, options?: { resync?: boolean }): Promise<PendingCommit> {
    return joinExternal(this.#context, groupInfo, options?.resync ?? false);
  }

  processCommit(state: GroupState, commit: Uint8Array): Promise<ProcessedCommit> {
    return processCommit(this.#context, state, commit);
  }

  /**
   * The new state must be on disk before the message is sent: encrypting twice from one state uses one key for two messages.
   */
  encrypt(
    state: GroupState,
    plaintext: Uint8Array,
    authenticatedData: Uint8Array = new Uint8Array(),
  ): Promise<Encrypted> {
    return encrypt(this.#context, state, plaintext, authenticatedData);
  }

  decrypt(state: GroupState, message: Uint8Array): Promise<Decrypted> {
    return decrypt(this.#context, state, message);
  }

  /** A secret of this epoch for use outside MLS (RFC 9420 §8.5). `length` in bytes. */
  exportSecret(state: GroupState, label: string, context: Uint8Array, length: number): Promise<Uint8Array> {
    return guarded('misuse', async () => {
      const { exporterSecret } = activeState(state).keySchedule;
      return mlsExporter(exporterSecret, label, context, length, this.#context.suite);
    });
  }

  /** The group info of the current epoch: for the group just created, or when the server has lost its copy. */
  groupInfo(state: GroupState): Promise<Uint8Array> {
    return guarded('internal', () => encodeGroupInfo(this.#context, activeState(state)));
  }

  /** Reads a state written by `encodeState` and attaches the signing key again. */
  restoreState(bytes: Uint8Array): GroupState {
    return decodeState(this.#context, bytes);
  }
}
