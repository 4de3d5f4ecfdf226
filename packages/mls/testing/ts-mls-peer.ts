import type { ClientConfig } from 'ts-mls/clientConfig.js';
import { type ClientState, createGroup, joinGroup } from 'ts-mls/clientState.js';
import { createCommit, createGroupInfoWithExternalPubAndRatchetTree, joinGroupExternal } from 'ts-mls/createCommit.js';
import { createApplicationMessage } from 'ts-mls/createMessage.js';
import type { Credential } from 'ts-mls/credential.js';
import type { CiphersuiteImpl } from 'ts-mls/crypto/ciphersuite.js';
import type { Extension } from 'ts-mls/extension.js';
import { ratchetTreeFromExtension } from 'ts-mls/groupInfo.js';
import { acceptAll } from 'ts-mls/incomingMessageAction.js';
import { generateKeyPackageWithKey, makeKeyPackageRef } from 'ts-mls/keyPackage.js';
import { mlsExporter } from 'ts-mls/keySchedule.js';
import { decodeMlsMessage, encodeMlsMessage, type MLSMessage } from 'ts-mls/message.js';
import { processMessage } from 'ts-mls/processMessages.js';
import type { Proposal } from 'ts-mls/proposal.js';
import { emptyPskIndex } from 'ts-mls/pskIndex.js';
import type { RatchetTree } from 'ts-mls/ratchetTree.js';
import { encodeRequiredCapabilities } from 'ts-mls/requiredCapabilities.js';
import type { WireformatName } from 'ts-mls/wireformat.js';
import { exporterLabel, type Peer, type PeerCommit, type PeerImplementation, peerLifetime } from './peer.ts';
import { makeSuite, suiteName } from './ts-mls-suite.ts';

type KeyPackagePair = Awaited<ReturnType<typeof generateKeyPackageWithKey>>;

/** What ts-mls takes for the private signing key; the suite knows the real one. */
const noKey = new Uint8Array(32);

function identityOf(credential: Credential): Uint8Array {
  if (credential.credentialType !== 'basic' || !('identity' in credential)) throw new Error('not a basic credential');
  return credential.identity;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function sameIdentity(a: Credential, b: Credential): boolean {
  return sameBytes(identityOf(a), identityOf(b));
}

function leafOf(tree: RatchetTree, identity: Uint8Array): number | undefined {
  const nodeIndex = tree.findIndex(
    (node) => node?.nodeType === 'leaf' && sameBytes(identityOf(node.leaf.credential), identity),
  );
  return nodeIndex < 0 ? undefined : nodeIndex / 2;
}

const config: ClientConfig = {
  keyRetentionConfig: { retainKeysForGenerations: 10, retainKeysForEpochs: 0, maximumForwardRatchetSteps: 1000 },
  // The leaves of a tree may be older than their key packages' lifetime.
  lifetimeConfig: { maximumTotalLifetime: 0n, validateLifetimeOnReceive: false },
  // ts-mls compares signature keys too; a device that comes back has a new one.
  keyPackageEqualityConfig: {
    compareKeyPackages: (a, b) => sameIdentity(a.leafNode.credential, b.leafNode.credential),
    compareKeyPackageToLeafNode: (a, b) => sameIdentity(a.leafNode.credential, b.credential),
  },
  paddingConfig: { kind: 'alwaysPad', paddingLength: 0 },
  authService: { validateCredential: async () => true },
};

function messageOf<W extends WireformatName>(bytes: Uint8Array, wireformat: W) {
  const [message] = decodeMlsMessage(bytes, 0) ?? [];
  if (message?.wireformat !== wireformat) throw new Error(`not a ${wireformat}`);
  return message as Extract<MLSMessage, { wireformat: W }>;
}

/** Makes good what ts-mls leaves behind after a change of epoch. */
function settled(state: ClientState): ClientState {
  // The key of a node that is blank now would be tried for a path secret that is not for it (RFC 9420 §7.4).
  const kept = Object.entries(state.privatePath.privateKeys).filter(([index]) => state.ratchetTree[Number(index)]);
  return {
    ...state,
    privatePath: { ...state.privatePath, privateKeys: Object.fromEntries(kept) },
    // Zero epochs to retain means "all" to ts-mls.
    historicalReceiverData: new Map(),
  };
}

/** ts-mls 1.6.4 with the patch of this repository, its primitives from WebCrypto. */
class TsMlsPeer implements Peer {
  readonly implementation = 'ts-mls';
  readonly identity: Uint8Array;
  readonly #signatureKey: Uint8Array;
  readonly #suite: CiphersuiteImpl;
  #state: ClientState | undefined;
  #pending: ClientState | undefined;
  readonly #keyPackages: KeyPackagePair[] = [];

  private constructor(identity: Uint8Array, signatureKey: Uint8Array, suite: CiphersuiteImpl) {
    this.identity = identity;
    this.#signatureKey = signatureKey;
    this.#suite = suite;
  }

  static async create(identity: Uint8Array): Promise<TsMlsPeer> {
    const pair = (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair;
    const signatureKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
    return new TsMlsPeer(identity, signatureKey, await makeSuite(pair.privateKey));
  }

  get #present(): ClientState {
    if (this.#state === undefined) throw new Error('in no group');
    return this.#state;
  }

  #generateKeyPackage(): Promise<KeyPackagePair> {
    const now = BigInt(Math.floor(Date.now() / 1000));
    return generateKeyPackageWithKey(
      { credentialType: 'basic', identity: this.identity },
      {
        versions: ['mls10'],
        ciphersuites: [suiteName],
        extensions: [],
        proposals: [],
        // Groups of core-crypto require both.
        credentials: ['basic', 'x509'],
      },
      { notBefore: now - peerLifetime.before, notAfter: now + peerLifetime.after },
      [],
      { signKey: noKey, publicKey: this.#signatureKey },
      this.#suite,
    );
  }

  async createGroup(groupId: Uint8Array): Promise<void> {
    const { publicPackage, privatePackage } = await this.#generateKeyPackage();
    const required: Extension = {
      extensionType: 'required_capabilities',
      extensionData: encodeRequiredCapabilities({
        extensionTypes: [],
        proposalTypes: [],
        credentialTypes: ['basic', 'x509'],
      }),
    };
    this.#state = await createGroup(groupId, publicPackage, privatePackage, [required], this.#suite, config);
  }

  async keyPackage(): Promise<Uint8Array> {
    const pair = await this.#generateKeyPackage();
    this.#keyPackages.push(pair);
    return encodeMlsMessage({ version: 'mls10', wireformat: 'mls_key_package', keyPackage: pair.publicPackage });
  }

  #pend(state: ClientState, commit: Uint8Array, welcome?: Uint8Array): PeerCommit {
    const pending = settled(state);
    this.#pending = pending;
    return { commit, ...(welcome && { welcome }), groupInfo: () => this.#groupInfoOf(pending) };
  }

  async #commit(proposals: Proposal[]): Promise<PeerCommit> {
    const adding = proposals.some(({ proposalType }) => proposalType === 'add');
    const { newState, commit, welcome } = await createCommit(
      { state: this.#present, pskIndex: emptyPskIndex, cipherSuite: this.#suite },
      { wireAsPublicMessage: true, ratchetTreeExtension: adding, extraProposals: proposals },
    );
    const sent = welcome && encodeMlsMessage({ version: 'mls10', wireformat: 'mls_welcome', welcome });
    return this.#pend(newState, encodeMlsMessage(commit), sent);
  }

  add(keyPackages: readonly Uint8Array[]): Promise<PeerCommit> {
    const proposals = keyPackages.map((bytes): Proposal => {
      const { keyPackage } = messageOf(bytes, 'mls_key_package');
      return { proposalType: 'add', add: { keyPackage } };
    });
    return this.#commit(proposals);
  }

  remove(identities: readonly Uint8Array[]): Promise<PeerCommit> {
    const proposals = identities.map((identity): Proposal => {
      const removed = leafOf(this.#present.ratchetTree, identity);
      if (removed === undefined) throw new Error('not a member');
      return { proposalType: 'remove', remove: { removed } };
    });
    return this.#commit(proposals);
  }

  update(): Promise<PeerCommit> {
    return this.#commit([]);
  }

  async joinFromWelcome(bytes: Uint8Array): Promise<void> {
    const { welcome } = messageOf(bytes, 'mls_welcome');
    for (const { publicPackage, privatePackage } of this.#keyPackages) {
      const reference = await makeKeyPackageRef(publicPackage, this.#suite.hash);
      if (!welcome.secrets.some(({ newMember }) => sameBytes(newMember, reference))) continue;
      const joined = await joinGroup(
        welcome,
        publicPackage,
        privatePackage,
        emptyPskIndex,
        this.#suite,
        undefined,
        undefined,
        config,
      );
      this.#state = settled(joined);
      return;
    }
    throw new Error('a Welcome for someone else');
  }

  async joinExternal(bytes: Uint8Array, { resync = false }: { resync?: boolean } = {}): Promise<PeerCommit> {
    const { groupInfo } = messageOf(bytes, 'mls_group_info');
    const tree = ratchetTreeFromExtension(groupInfo);
    const { publicPackage, privatePackage } = await this.#generateKeyPackage();
    const { publicMessage, newState } = await joinGroupExternal(
      groupInfo,
      publicPackage,
      privatePackage,
      // ts-mls would look for a leaf that is not there and remove number -1/2.
      resync && tree !== undefined && leafOf(tree, this.identity) !== undefined,
      this.#suite,
      tree,
      config,
    );
    const commit = encodeMlsMessage({ version: 'mls10', wireformat: 'mls_public_message', publicMessage });
    return this.#pend(newState, commit);
  }

  async accept(): Promise<void> {
    if (this.#pending === undefined) throw new Error('nothing is pending');
    this.#state = this.#pending;
    this.#pending = undefined;
  }

  async reject(): Promise<void> {
    this.#pending = undefined;
  }

  async #process(bytes: Uint8Array) {
    const [message] = decodeMlsMessage(bytes, 0) ?? [];
    if (message?.wireformat !== 'mls_public_message' && message?.wireformat !== 'mls_private_message') {
      throw new Error('not a message for a group');
    }
    return processMessage(message, this.#present, emptyPskIndex, acceptAll, this.#suite);
  }

  async process(commit: Uint8Array): Promise<void> {
    const { newState } = await this.#process(commit);
    this.#state = settled(newState);
    this.#pending = undefined;
  }

  async encrypt(plaintext: Uint8Array): Promise<Uint8Array> {
    const { newState, privateMessage } = await createApplicationMessage(this.#present, plaintext, this.#suite);
    this.#state = newState;
    return encodeMlsMessage({ version: 'mls10', wireformat: 'mls_private_message', privateMessage });
  }

  async decrypt(message: Uint8Array): Promise<Uint8Array> {
    const processed = await this.#process(message);
    if (processed.kind !== 'applicationMessage') throw new Error('not an application message');
    this.#state = processed.newState;
    return processed.message;
  }

  exportSecret(lengthBytes: number): Promise<Uint8Array> {
    const { exporterSecret } = this.#present.keySchedule;
    return mlsExporter(exporterSecret, exporterLabel, new Uint8Array(), lengthBytes, this.#suite);
  }

  groupInfo(): Promise<Uint8Array> {
    return this.#groupInfoOf(this.#present);
  }

  async dispose(): Promise<void> {
    this.#state = undefined;
    this.#pending = undefined;
    this.#keyPackages.length = 0;
  }

  async #groupInfoOf(state: ClientState): Promise<Uint8Array> {
    const groupInfo = await createGroupInfoWithExternalPubAndRatchetTree(state, [], this.#suite);
    return encodeMlsMessage({ version: 'mls10', wireformat: 'mls_group_info', groupInfo });
  }
}

export const tsMlsImplementation: PeerImplementation = { name: 'ts-mls', create: TsMlsPeer.create };
