import {
  basicCredential,
  type CommitOptions,
  type CreatedCommit,
  createCommit,
  createGroup,
  createGroupInfo,
  credentialTypes,
  decodeMlsMessage,
  encodeMlsMessage,
  encryptApplication,
  exportSecret,
  type GroupState,
  generateKeyPackage,
  generateSigner,
  joinExternal,
  joinFromWelcome,
  limits,
  type MlsClient,
  type MlsMessage,
  mls10,
  type OwnedKeyPackage,
  type Proposal,
  processMessage,
  proposalTypes,
  referenceOf,
  requiredCapabilitiesExtension,
  suite1,
  verifyHere,
  wireFormats,
} from '../src/index.ts';
import { occupiedSlots } from '../src/tree/subtree.ts';
import { exporterLabel, type Peer, type PeerCommit, type PeerImplementation, peerLifetime } from './peer.ts';

const both = [credentialTypes.basic, credentialTypes.x509];

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** A client that trusts everyone and follows no policy but RFC 9420. */
export async function clientFor(identity: Uint8Array, signer?: { extractable: boolean }): Promise<MlsClient> {
  return {
    suite: suite1,
    credential: basicCredential(new Uint8Array(identity)),
    signer: await generateSigner(signer),
    // Groups of core-crypto require both credential types.
    capabilities: { versions: [mls10], cipherSuites: [suite1.id], extensions: [], proposals: [], credentials: both },
    leafExtensions: [],
    authentication: { validate: async () => true },
    psks: undefined,
    policy: undefined,
    verifySignatures: verifyHere,
    pastEpochs: 0,
    skippedKeys: limits.skippedKeys,
    resumptionPsks: 0,
    now: () => BigInt(Math.floor(Date.now() / 1000)),
    lifetime: peerLifetime,
  };
}

function messageOf<F extends MlsMessage['wireFormat']>(bytes: Uint8Array, format: F) {
  const message = decodeMlsMessage(bytes);
  if (message.wireFormat !== format) throw new Error(`a message of wire format ${message.wireFormat}`);
  return message as Extract<MlsMessage, { wireFormat: F }>;
}

/** The standard engine of this package. */
export class OwnPeer implements Peer {
  readonly implementation = 'undertone';
  readonly identity: Uint8Array;
  readonly client: MlsClient;
  #state: GroupState | undefined;
  #pending: CreatedCommit | undefined;
  readonly #keyPackages: OwnedKeyPackage[] = [];

  private constructor(identity: Uint8Array, client: MlsClient) {
    this.identity = identity;
    this.client = client;
  }

  static async create(identity: Uint8Array): Promise<OwnPeer> {
    return new OwnPeer(identity, await clientFor(identity));
  }

  /** A member that already is. */
  static of(client: MlsClient, state: GroupState): OwnPeer {
    const peer = new OwnPeer(client.credential.content, client);
    peer.#state = state;
    return peer;
  }

  get state(): GroupState {
    if (this.#state === undefined) throw new Error('in no group');
    return this.#state;
  }

  async createGroup(groupId: Uint8Array): Promise<void> {
    const required = requiredCapabilitiesExtension({ extensions: [], proposals: [], credentials: both });
    this.#state = await createGroup(this.client, groupId, { extensions: [required] });
  }

  async keyPackage(): Promise<Uint8Array> {
    const owned = await generateKeyPackage(this.client);
    this.#keyPackages.push(owned);
    return encodeMlsMessage({ wireFormat: wireFormats.keyPackage, keyPackage: owned.keyPackage });
  }

  #pend(created: CreatedCommit): PeerCommit {
    this.#pending = created;
    return {
      commit: created.commit,
      ...(created.welcome && { welcome: created.welcome }),
      groupInfo: () => this.#groupInfoOf(created.state),
    };
  }

  async #commit(options: CommitOptions): Promise<PeerCommit> {
    return this.#pend(await createCommit(this.client, this.state, options));
  }

  add(keyPackages: readonly Uint8Array[]): Promise<PeerCommit> {
    const proposals = keyPackages.map((bytes): Proposal => {
      const { keyPackage } = messageOf(bytes, wireFormats.keyPackage);
      return { type: proposalTypes.add, keyPackage };
    });
    return this.#commit({ proposals });
  }

  remove(identities: readonly Uint8Array[]): Promise<PeerCommit> {
    const proposals = identities.map(
      (identity): Proposal => ({ type: proposalTypes.remove, removed: this.leafOf(identity) }),
    );
    return this.#commit({ proposals });
  }

  update(): Promise<PeerCommit> {
    return this.#commit({ path: true });
  }

  async joinFromWelcome(bytes: Uint8Array): Promise<void> {
    const { welcome } = messageOf(bytes, wireFormats.welcome);
    const wanted = this.#keyPackages.findIndex(({ keyPackage }) =>
      welcome.secrets.some(({ newMember }) => sameBytes(newMember, referenceOf(suite1, keyPackage))),
    );
    const [own] = this.#keyPackages.splice(wanted, wanted < 0 ? 0 : 1);
    if (own === undefined) throw new Error('a Welcome for someone else');
    this.#state = await joinFromWelcome(this.client, welcome, own);
  }

  async joinExternal(groupInfo: Uint8Array, options: { resync?: boolean } = {}): Promise<PeerCommit> {
    const { groupInfo: decoded } = messageOf(groupInfo, wireFormats.groupInfo);
    return this.#pend(await joinExternal(this.client, decoded, options));
  }

  async accept(): Promise<void> {
    if (this.#pending === undefined) throw new Error('nothing is pending');
    this.#state = this.#pending.state;
    this.#pending = undefined;
  }

  async reject(): Promise<void> {
    this.#state = this.#pending?.current ?? this.#state;
    this.#pending = undefined;
  }

  async process(commit: Uint8Array): Promise<void> {
    const processed = await processMessage(this.client, this.state, decodeMlsMessage(commit));
    if (processed.kind !== 'commit') throw new Error(`not a commit: ${processed.kind}`);
    this.#state = processed.state;
    this.#pending = undefined;
  }

  async encrypt(plaintext: Uint8Array): Promise<Uint8Array> {
    const { message, state } = await encryptApplication(this.client, this.state, plaintext);
    this.#state = state;
    return message;
  }

  async decrypt(message: Uint8Array): Promise<Uint8Array> {
    const processed = await processMessage(this.client, this.state, decodeMlsMessage(message));
    if (processed.kind !== 'application') throw new Error(`not an application message: ${processed.kind}`);
    this.#state = processed.state;
    return processed.data;
  }

  async exportSecret(lengthBytes: number): Promise<Uint8Array> {
    return exportSecret(this.state, exporterLabel, new Uint8Array(), lengthBytes);
  }

  groupInfo(): Promise<Uint8Array> {
    return this.#groupInfoOf(this.state);
  }

  async dispose(): Promise<void> {
    this.#state = undefined;
    this.#pending = undefined;
    this.#keyPackages.length = 0;
  }

  /** The leaf of this identity. */
  leafOf(identity: Uint8Array): number {
    const slot = occupiedSlots(this.state.tree.root).find(({ leaf }) => sameBytes(leaf.credential.content, identity));
    if (slot === undefined) throw new Error('not a member');
    return slot.firstLeaf;
  }

  async #groupInfoOf(state: GroupState): Promise<Uint8Array> {
    const groupInfo = await createGroupInfo(this.client, state);
    return encodeMlsMessage({ wireFormat: wireFormats.groupInfo, groupInfo });
  }
}

export const ownImplementation: PeerImplementation = { name: 'undertone', create: OwnPeer.create };
