import { copyBytes } from '../codec/bytes.ts';
import { suite1 } from '../crypto/suites.ts';
import { guarded, MlsError } from '../errors.ts';
import { encryptApplication } from '../group/application.ts';
import type { MlsClient, Signer } from '../group/client.ts';
import { type CommitOptions, createCommit } from '../group/create-commit.ts';
import { createGroup } from '../group/create-group.ts';
import { exportSecret } from '../group/exports.ts';
import { createGroupInfo } from '../group/group-info.ts';
import { createGroupInfoPatch, createGroupInfoPatchFrom } from '../group/group-info-patch.ts';
import { joinExternal } from '../group/join-external.ts';
import { joinFromWelcome } from '../group/join-welcome.ts';
import { generateKeyPackage, referenceOf } from '../group/key-package.ts';
import { originOf } from '../group/open-message.ts';
import { processMessage } from '../group/process-message.ts';
import { assertActive, assertVerified, type GroupState } from '../group/state.ts';
import { verifyTree } from '../group/verify-members.ts';
import { type SignatureVerifier, verifyHere } from '../group/verify-signatures.ts';
import { basicCredential } from '../messages/credential.ts';
import type { KeyPackage } from '../messages/key-package.ts';
import { decodeMlsMessage, encodeMlsMessage, type MlsMessage } from '../messages/mls-message.ts';
import { credentialTypes, mls10, proposalTypes, wireFormats } from '../messages/numbers.ts';
import type { Proposal } from '../messages/proposal.ts';
import { leafAt, leavesWithCredential } from '../tree/ratchet-tree.ts';
import { decodeGroupInfo } from './group-info.ts';
import {
  encodeKeyPackageSecret,
  keyPackageLifetime,
  lastResortExtension,
  ownedKeyPackage,
  verifiedKeyPackage,
} from './key-packages.ts';
import { memberOf } from './members.ts';
import type {
  CommitData,
  CreatedKeyPackage,
  Decrypted,
  Encrypted,
  IdentityService,
  Member,
  MessageOrigin,
  OwnKeyPackage,
  PendingCommit,
  ProcessedCommit,
} from './types.ts';
import { assertDistinctIdentities, assertProfileContext, undertonePolicy } from './undertone-policy.ts';

export interface EngineOptions {
  signer: { publicKey: Uint8Array; privateKey: CryptoKey };
  /** The identity of this device's basic credential; unique per device, or a second device is refused as a duplicate. */
  identity: Uint8Array;
  authentication: IdentityService;
  /** Where the leaf signatures of large trees are checked; here by default. */
  verifySignatures?: SignatureVerifier;
}

function makeClient({ signer, identity, authentication, verifySignatures = verifyHere }: EngineOptions): MlsClient {
  const own: Signer = { publicKey: copyBytes(signer.publicKey), privateKey: signer.privateKey };
  return {
    suite: suite1,
    credential: basicCredential(identity),
    signer: own,
    capabilities: {
      versions: [mls10],
      cipherSuites: [suite1.id],
      extensions: [lastResortExtension],
      proposals: [],
      credentials: [credentialTypes.basic],
    },
    leafExtensions: [],
    authentication: {
      validate: ({ credential, signatureKey }) => authentication.validate(copyBytes(credential.content), signatureKey),
    },
    psks: undefined,
    policy: undertonePolicy,
    verifySignatures,
    pastEpochs: 0,
    // A device seals one message at a time, and the log keeps that order: what was passed over never comes.
    skippedKeys: 0,
    resumptionPsks: 0,
    now: () => BigInt(Math.floor(Date.now() / 1000)),
    lifetime: keyPackageLifetime,
  };
}

function messageOf<F extends MlsMessage['wireFormat']>(
  bytes: Uint8Array,
  format: F,
): Extract<MlsMessage, { wireFormat: F }> {
  const message = decodeMlsMessage(bytes);
  if (message.wireFormat !== format) throw new MlsError('unexpected_content', 'a message of another kind');
  return message as Extract<MlsMessage, { wireFormat: F }>;
}

function assertNotMembers({ tree }: GroupState, keyPackages: readonly KeyPackage[]): void {
  if (keyPackages.some(({ leafNode }) => leavesWithCredential(tree, leafNode.credential) > 0)) {
    throw new MlsError('already_member', 'this identity has a leaf');
  }
}

/**
 * One device's MLS (RFC 9420, cipher suite 1) as Undertone uses it. The engine holds the device's identity and the handle of its
 * signing key, the caller holds the states. Every method is a function of its arguments: it returns the new state and leaves the
 * given one valid, also when it fails. All failures are `MlsError`.
 */
export class MlsEngine {
  readonly #client: MlsClient;

  constructor(options: EngineOptions) {
    this.#client = makeClient(options);
  }

  /** For others to add this device with (RFC 9420 §10). Keep `keyPackage` and `secret` until a Welcome names `reference`. */
  createKeyPackage(options?: { lastResort?: boolean }): Promise<CreatedKeyPackage> {
    return guarded(async () => {
      const extensions = options?.lastResort === true ? [{ type: lastResortExtension, data: new Uint8Array() }] : [];
      const owned = await generateKeyPackage(this.#client, extensions);
      const { keyPackage } = owned;
      return {
        keyPackage: encodeMlsMessage({ wireFormat: wireFormats.keyPackage, keyPackage }),
        secret: encodeKeyPackageSecret(owned),
        reference: referenceOf(suite1, keyPackage),
      };
    });
  }

  /** A group with this device as its only member, in epoch 0. */
  createGroup(groupId: Uint8Array): Promise<GroupState> {
    return guarded(() => createGroup(this.#client, groupId));
  }

  async #commit(before: GroupState, options: CommitOptions): Promise<PendingCommit> {
    const { commit, welcome, state, added, removed } = await createCommit(this.#client, before, options);
    return {
      commit,
      ...(welcome === undefined ? {} : { welcome }),
      state,
      added: added.map(memberOf),
      removed: removed.map(memberOf),
      groupInfoPatch: await createGroupInfoPatch(this.#client, before, state),
    };
  }

  /** Adds by key package; the Welcome is for all of them. Those added can read nothing of what was sent before. */
  add(state: GroupState, keyPackages: Uint8Array[], data: CommitData = {}): Promise<PendingCommit> {
    return guarded(async () => {
      if (keyPackages.length === 0) throw new MlsError('misuse', 'nobody to add');
      const verified = await Promise.all(keyPackages.map(verifiedKeyPackage));
      assertNotMembers(state, verified);
      const proposals = verified.map((keyPackage): Proposal => ({ type: proposalTypes.add, keyPackage }));
      return this.#commit(state, { ...data, proposals });
    });
  }

  /** Removes with a new path: those removed learn nothing of the next epoch. */
  remove(state: GroupState, leafIndexes: number[], data: CommitData = {}): Promise<PendingCommit> {
    return guarded(async () => {
      const unique = [...new Set(leafIndexes)];
      if (unique.length === 0) throw new MlsError('misuse', 'nobody to remove');
      if (unique.some((leafIndex) => !Number.isSafeInteger(leafIndex) || leafAt(state.tree, leafIndex) === undefined)) {
        throw new MlsError('misuse', 'there is no such leaf');
      }
      if (unique.includes(state.leafIndex)) throw new MlsError('misuse', 'nobody can remove itself');
      const proposals = unique.map((removed): Proposal => ({ type: proposalTypes.remove, removed }));
      return this.#commit(state, { ...data, proposals });
    });
  }

  /** Renews this member's keys: the group heals from a former theft of them (RFC 9420 §12.4). */
  update(state: GroupState, data: CommitData = {}): Promise<PendingCommit> {
    return guarded(() => this.#commit(state, { ...data, path: true }));
  }

  joinFromWelcome(welcome: Uint8Array, keyPackage: OwnKeyPackage): Promise<GroupState> {
    return guarded(async () => {
      const owned = ownedKeyPackage(keyPackage);
      const message = messageOf(welcome, wireFormats.welcome);
      const state = await joinFromWelcome(this.#client, message.welcome, owned);
      owned.initKeys.privateKey.fill(0);
      assertProfileContext(state.context);
      assertDistinctIdentities(state.tree);
      return state;
    });
  }

  /**
   * Joins without anybody's help. `resync` replaces a former leaf of this device, if there is one. With `later`, the others' leaf
   * signatures are left to `verifyMembers`: the commit may be sent meanwhile, but the state is not usable before.
   */
  joinExternal(
    groupInfoBytes: Uint8Array,
    options: CommitData & { resync?: boolean; verifyMembers?: 'now' | 'later' } = {},
  ): Promise<PendingCommit> {
    return guarded(async () => {
      const { groupInfo, tree } = decodeGroupInfo(groupInfoBytes);
      assertDistinctIdentities(tree);
      const joined = await joinExternal(this.#client, groupInfo, { ...options, tree });
      const { commit, state, added, removed } = joined;
      const former = { message: copyBytes(groupInfoBytes), groupInfo, tree };
      return {
        commit,
        state,
        added: added.map(memberOf),
        removed: removed.map(memberOf),
        groupInfoPatch: await createGroupInfoPatchFrom(this.#client, former, state),
      };
    });
  }

  /** Makes up for `verifyMembers: 'later'`. */
  verifyMembers(state: GroupState): Promise<GroupState> {
    return guarded(() => verifyTree(this.#client, state));
  }

  /**
   * Verifies and applies another member's, or a joiner's, commit (RFC 9420 §12.4.2). A commit that removes this leaf is not an
   * error: it gives `removedSelf` and a tombstone.
   */
  processCommit(state: GroupState, commit: Uint8Array): Promise<ProcessedCommit> {
    return guarded(async () => {
      const processed = await processMessage(this.#client, state, messageOf(commit, wireFormats.publicMessage));
      if (processed.kind !== 'commit') throw new MlsError('unexpected_content', 'a standalone proposal');
      const { committer, committerBefore, added, removed, removedSelf, authenticatedData } = processed;
      return {
        state: processed.state,
        committer: memberOf(committer),
        committerBefore: committerBefore === undefined ? null : memberOf(committerBefore),
        external: committerBefore === undefined,
        added: added.map(memberOf),
        removed: removed.map(memberOf),
        removedSelf,
        authenticatedData: copyBytes(authenticatedData),
      };
    });
  }

  /** The new state must be on disk before the message is sent: encrypting twice from one state uses one key for two messages. */
  encrypt(state: GroupState, plaintext: Uint8Array, authenticatedData?: Uint8Array): Promise<Encrypted> {
    return guarded(() =>
      encryptApplication(this.#client, state, plaintext, authenticatedData === undefined ? {} : { authenticatedData }),
    );
  }

  /**
   * Opens a message. Those of one sender in the order in which it sealed them: with each, the keys of its earlier ones are gone, and
   * what still comes of those is `replayed`.
   */
  decrypt(state: GroupState, message: Uint8Array): Promise<Decrypted> {
    return guarded(async () => {
      const processed = await processMessage(this.#client, state, messageOf(message, wireFormats.privateMessage));
      if (processed.kind !== 'application') throw new MlsError('unexpected_content', 'a private handshake message');
      const sender: Member = memberOf(processed.sender);
      const { data, authenticatedData } = processed;
      return {
        state: processed.state,
        plaintext: copyBytes(data),
        sender,
        authenticatedData: copyBytes(authenticatedData),
      };
    });
  }

  /**
   * What an application message of the present epoch says of its sender, this device too; nothing is used up or verified. Any member
   * can make a message that names another leaf here: a reason to look closer, never a proof.
   */
  messageOrigin(state: GroupState, message: Uint8Array): Promise<MessageOrigin> {
    return guarded(async () => {
      assertActive(state);
      assertVerified(state);
      return originOf(state, messageOf(message, wireFormats.privateMessage).privateMessage);
    });
  }

  /** A secret of this epoch for use outside MLS (RFC 9420 §8.5). `length` in bytes. */
  exportSecret(state: GroupState, label: string, context: Uint8Array, length: number): Promise<Uint8Array> {
    return guarded(async () => exportSecret(state, label, context, length));
  }

  /** The group info of the current epoch, MLSMessage(GroupInfo), with `external_pub` and `ratchet_tree` (RFC 9420 §12.4.3). */
  groupInfo(state: GroupState): Promise<Uint8Array> {
    return guarded(async () => {
      const groupInfo = await createGroupInfo(this.#client, state);
      return encodeMlsMessage({ wireFormat: wireFormats.groupInfo, groupInfo });
    });
  }
}
