import { type GroupState, generateSigner, verifyHere } from '../src/index.ts';
import {
  type CreatedKeyPackage,
  MlsEngine,
  members,
  type PendingCommit,
  welcomeReferences,
} from '../src/profile/index.ts';
import { exporterLabel, type Peer, type PeerCommit, type PeerImplementation } from './peer.ts';

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** The engine as Undertone uses it, with its policy. It refuses groups with extensions in their context, so those of core-crypto. */
export class EnginePeer implements Peer {
  readonly implementation = 'undertone-profile';
  readonly identity: Uint8Array;
  readonly #engine: MlsEngine;
  #state: GroupState | undefined;
  #pending: PendingCommit | undefined;
  readonly #keyPackages: CreatedKeyPackage[] = [];

  private constructor(identity: Uint8Array, engine: MlsEngine) {
    this.identity = identity;
    this.#engine = engine;
  }

  static async create(identity: Uint8Array, verifySignatures = verifyHere): Promise<EnginePeer> {
    const authentication = { validate: async () => true };
    const signer = await generateSigner();
    return new EnginePeer(identity, new MlsEngine({ signer, identity, authentication, verifySignatures }));
  }

  get state(): GroupState {
    if (this.#state === undefined) throw new Error('in no group');
    return this.#state;
  }

  get isMember(): boolean {
    return this.#state !== undefined;
  }

  async createGroup(groupId: Uint8Array): Promise<void> {
    this.#state = await this.#engine.createGroup(groupId);
  }

  async keyPackage(): Promise<Uint8Array> {
    const created = await this.#engine.createKeyPackage();
    this.#keyPackages.push(created);
    return created.keyPackage;
  }

  #pend(pending: PendingCommit): PeerCommit {
    this.#pending = pending;
    const { commit, welcome, state } = pending;
    return { commit, ...(welcome && { welcome }), groupInfo: () => this.#engine.groupInfo(state) };
  }

  async add(keyPackages: readonly Uint8Array[]): Promise<PeerCommit> {
    return this.#pend(await this.#engine.add(this.state, [...keyPackages]));
  }

  async remove(identities: readonly Uint8Array[]): Promise<PeerCommit> {
    const gone = members(this.state).filter((member) =>
      identities.some((identity) => sameBytes(identity, member.identity)),
    );
    const leaves = gone.map(({ leafIndex }) => leafIndex);
    return this.#pend(await this.#engine.remove(this.state, leaves));
  }

  async update(): Promise<PeerCommit> {
    return this.#pend(await this.#engine.update(this.state));
  }

  async joinFromWelcome(welcome: Uint8Array): Promise<void> {
    const wanted = welcomeReferences(welcome);
    const own = this.#keyPackages.find(({ reference }) => wanted.some((other) => sameBytes(other, reference)));
    if (own === undefined) throw new Error('a Welcome for someone else');
    this.#state = await this.#engine.joinFromWelcome(welcome, own);
  }

  async joinExternal(groupInfo: Uint8Array, options: { resync?: boolean } = {}): Promise<PeerCommit> {
    return this.#pend(await this.#engine.joinExternal(groupInfo, options));
  }

  async accept(): Promise<void> {
    if (this.#pending === undefined) throw new Error('nothing is pending');
    this.#state = this.#pending.state;
    this.#pending = undefined;
  }

  async reject(): Promise<void> {
    this.#pending = undefined;
  }

  async process(commit: Uint8Array): Promise<void> {
    this.#state = (await this.#engine.processCommit(this.state, commit)).state;
    this.#pending = undefined;
  }

  async encrypt(plaintext: Uint8Array): Promise<Uint8Array> {
    const { message, state } = await this.#engine.encrypt(this.state, plaintext);
    this.#state = state;
    return message;
  }

  async decrypt(message: Uint8Array): Promise<Uint8Array> {
    const { plaintext, state } = await this.#engine.decrypt(this.state, message);
    this.#state = state;
    return plaintext;
  }

  exportSecret(lengthBytes: number): Promise<Uint8Array> {
    return this.#engine.exportSecret(this.state, exporterLabel, new Uint8Array(), lengthBytes);
  }

  groupInfo(): Promise<Uint8Array> {
    return this.#engine.groupInfo(this.state);
  }

  async dispose(): Promise<void> {
    this.#state = undefined;
    this.#pending = undefined;
    this.#keyPackages.length = 0;
  }
}

export const engineImplementation: PeerImplementation = {
  name: 'undertone-profile',
  create: (identity) => EnginePeer.create(identity),
};
