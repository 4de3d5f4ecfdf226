import type {
  BytesHandle,
  CommitBundle,
  CoreCrypto,
  CoreCryptoModule,
  Handle,
  Transaction,
} from './core-crypto-module.ts';
import { identityParts } from './identities.ts';
import type { Peer, PeerCommit, PeerImplementation } from './peer.ts';

/** What stands before the content of an MLSMessage: mls10 and the wire format. core-crypto uses bare key packages. */
const keyPackageHead = [0, 1, 0, 5];
const headBytes = keyPackageHead.length;

function clientId({ ClientId, Uuid, DeviceId }: CoreCryptoModule, identity: Uint8Array): BytesHandle {
  const { user, device, domain } = identityParts(identity);
  return new ClientId(new Uuid(user), new DeviceId(device), domain);
}

/** core-crypto's errors say why in a field of their own. */
function readable(cause: unknown): Error {
  const { message, inner } = cause as { message?: string; inner?: Record<string, unknown> };
  return new Error(`core-crypto: ${message ?? String(cause)} ${JSON.stringify(inner ?? {})}`, { cause });
}

/** A commit inside core-crypto's transaction, which stays open until the delivery service has spoken. */
interface OpenCommit {
  readonly accept: () => void;
  readonly reject: () => void;
  /** Ends with the transaction. */
  readonly done: Promise<Handle | undefined>;
}

/**
 * core-crypto (OpenMLS) with a store in memory. It gives group infos out with its own commits only, replaces a former leaf on an
 * external join without being asked, keeps three past epochs, and demands identities of the form of `testIdentity`.
 */
class CoreCryptoPeer implements Peer {
  readonly implementation = 'core-crypto';
  readonly identity: Uint8Array;
  readonly #module: CoreCryptoModule;
  readonly #instance: CoreCrypto;
  #credential: Handle | undefined;
  #group: Handle | undefined;
  #open: OpenCommit | undefined;
  #onBundle: ((bundle: CommitBundle) => Promise<void>) | undefined;

  private constructor(identity: Uint8Array, module: CoreCryptoModule, instance: CoreCrypto) {
    this.identity = identity;
    this.#module = module;
    this.#instance = instance;
  }

  static async create(module: CoreCryptoModule, identity: Uint8Array): Promise<CoreCryptoPeer> {
    const { CoreCrypto, Database, Credential, CipherSuite } = module;
    const peer = new CoreCryptoPeer(identity, module, CoreCrypto.new(await Database.inMemory()));
    const id = clientId(module, identity);
    peer.#credential = await peer.#transaction(async (transaction) => {
      await transaction.mlsInit(id, {
        sendCommitBundle: (bundle) => peer.#onBundle?.(bundle) ?? Promise.reject(new Error('an unexpected commit')),
        prepareForTransport: async () => new Uint8Array(),
      });
      return transaction.addCredential(Credential.basic(CipherSuite.Mls128Dhkemx25519Aes128gcmSha256Ed25519, id));
    });
    return peer;
  }

  async #transaction<R>(run: (transaction: Transaction) => Promise<R>): Promise<R> {
    try {
      return await this.#instance.transaction(run);
    } catch (cause) {
      throw readable(cause);
    }
  }

  get #present(): Handle {
    if (this.#group === undefined) throw new Error('in no group');
    return this.#group;
  }

  get #signer(): Handle {
    if (this.#credential === undefined) throw new Error('without a credential');
    return this.#credential;
  }

  async createGroup(groupId: Uint8Array): Promise<void> {
    const group = new this.#module.ConversationId(groupId);
    await this.#transaction((transaction) => transaction.createConversation(group, this.#signer));
    this.#group = group;
  }

  async keyPackage(): Promise<Uint8Array> {
    const keyPackage = await this.#transaction((transaction) => transaction.generateKeyPackage(this.#signer));
    return new Uint8Array([...keyPackageHead, ...keyPackage.serialize()]);
  }

  /** Runs a commit up to the point where its bytes are known; `accept` or `reject` lets it go on. */
  #commit(run: (transaction: Transaction) => Promise<Handle | undefined>): Promise<PeerCommit> {
    if (this.#open !== undefined) throw new Error('a commit is pending');
    const { MessageRejected } = this.#module.MlsTransportError;
    return new Promise((resolve, reject) => {
      let accept = (): void => undefined;
      let refuse = (_: Error): void => undefined;
      const verdict = new Promise<void>((resolveVerdict, rejectVerdict) => {
        accept = resolveVerdict;
        refuse = rejectVerdict;
      });
      this.#onBundle = (bundle) => {
        const { commit, welcome, groupInfo } = bundle;
        const { payload } = groupInfo;
        const bytes = welcome?.serialize();
        resolve({ commit, ...(bytes && { welcome: bytes }), groupInfo: async () => payload });
        return verdict;
      };
      const done = this.#transaction(run);
      this.#open = { accept, reject: () => refuse(MessageRejected.new({ reason: 'refused' })), done };
      // Before the bundle a failure is the caller's; after it, that of `accept`.
      done.catch((cause) => {
        this.#open = undefined;
        reject(cause);
      });
    });
  }

  add(keyPackages: readonly Uint8Array[]): Promise<PeerCommit> {
    const handles = keyPackages.map((bytes) => new this.#module.KeyPackage(bytes.subarray(headBytes)));
    return this.#commit(async (transaction) => {
      await transaction.addClientsToConversation(this.#present, handles);
      return undefined;
    });
  }

  remove(identities: readonly Uint8Array[]): Promise<PeerCommit> {
    const clients = identities.map((identity) => clientId(this.#module, identity));
    return this.#commit(async (transaction) => {
      await transaction.removeClientsFromConversation(this.#present, clients);
      return undefined;
    });
  }

  update(): Promise<PeerCommit> {
    return this.#commit(async (transaction) => {
      await transaction.updateKeyingMaterial(this.#present);
      return undefined;
    });
  }

  async joinFromWelcome(bytes: Uint8Array): Promise<void> {
    const welcome = new this.#module.Welcome(bytes);
    this.#group = await this.#transaction((transaction) => transaction.processWelcomeMessage(welcome));
  }

  joinExternal(bytes: Uint8Array): Promise<PeerCommit> {
    // It gives an MLSMessage out, and takes a bare GroupInfo.
    const groupInfo = new this.#module.GroupInfo(bytes.subarray(headBytes));
    return this.#commit((transaction) => transaction.joinByExternalCommit(groupInfo, this.#signer));
  }

  async accept(): Promise<void> {
    const open = this.#open;
    if (open === undefined) throw new Error('nothing is pending');
    open.accept();
    const joined = await open.done;
    this.#open = undefined;
    this.#group = joined ?? this.#group;
  }

  async reject(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    open.reject();
    // The refusal comes back as the transaction's error.
    await open.done.catch(() => undefined);
    this.#open = undefined;
  }

  async process(commit: Uint8Array): Promise<void> {
    const { tag } = await this.#transaction((transaction) => transaction.decryptMessage(this.#present, commit));
    if (tag !== 'Commit') throw new Error(`not a commit: ${tag}`);
  }

  encrypt(plaintext: Uint8Array): Promise<Uint8Array> {
    return this.#transaction((transaction) => transaction.encryptMessage(this.#present, plaintext));
  }

  async decrypt(message: Uint8Array): Promise<Uint8Array> {
    const { inner } = await this.#transaction((transaction) => transaction.decryptMessage(this.#present, message));
    if (inner.plaintext === undefined) throw new Error('not an application message');
    return inner.plaintext;
  }

  async exportSecret(lengthBytes: number): Promise<Uint8Array> {
    return (await this.#instance.exportSecretKey(this.#present, lengthBytes)).copyBytes();
  }

  async dispose(): Promise<void> {
    await this.reject();
    this.#group = undefined;
    this.#instance.uniffiDestroy();
  }
}

export function coreCryptoImplementation(module: CoreCryptoModule, name = 'core-crypto'): PeerImplementation {
  return { name, create: (identity) => CoreCryptoPeer.create(module, identity) };
}
