/**
 * The part of @wireapp/core-crypto 10.3 that the peer uses, in our own words: the package is GPL and never a dependency, so its types
 * are not here either. Handles (ids, credentials, key packages) own memory of the module until `uniffiDestroy`.
 */
export interface Handle {
  uniffiDestroy(): void;
}

export interface BytesHandle extends Handle {
  copyBytes(): Uint8Array;
}

export interface SerializableHandle extends Handle {
  serialize(): Uint8Array;
}

export interface CommitBundle {
  readonly commit: Uint8Array;
  readonly welcome?: SerializableHandle;
  readonly groupInfo: { readonly payload: Uint8Array };
}

export interface Transport {
  /** Resolves when the delivery service accepted, and throws a `MessageRejected` when it refused. */
  sendCommitBundle(bundle: CommitBundle): Promise<void>;
  prepareForTransport(): Promise<Uint8Array>;
}

export interface Transaction {
  mlsInit(clientId: Handle, transport: Transport): Promise<void>;
  addCredential(credential: Handle): Promise<Handle>;
  generateKeyPackage(credential: Handle): Promise<SerializableHandle>;
  createConversation(id: Handle, credential: Handle): Promise<void>;
  addClientsToConversation(id: Handle, keyPackages: Handle[]): Promise<void>;
  removeClientsFromConversation(id: Handle, clients: Handle[]): Promise<void>;
  updateKeyingMaterial(id: Handle): Promise<void>;
  joinByExternalCommit(groupInfo: Handle, credential: Handle): Promise<BytesHandle>;
  processWelcomeMessage(welcome: Handle): Promise<BytesHandle>;
  encryptMessage(id: Handle, plaintext: Uint8Array): Promise<Uint8Array>;
  decryptMessage(id: Handle, message: Uint8Array): Promise<{ tag: string; inner: { plaintext?: Uint8Array } }>;
}

export interface CoreCrypto extends Handle {
  transaction<R>(run: (transaction: Transaction) => Promise<R>): Promise<R>;
  exportSecretKey(id: Handle, lengthBytes: number): Promise<BytesHandle>;
}

export interface CoreCryptoModule {
  readonly CoreCrypto: { new: (database: Handle) => CoreCrypto };
  readonly Database: { inMemory(): Promise<Handle> };
  readonly ClientId: new (user: Handle, device: Handle, domain: string) => BytesHandle;
  readonly Uuid: new (text: string) => Handle;
  readonly DeviceId: new (id: bigint) => Handle;
  readonly ConversationId: new (bytes: Uint8Array) => BytesHandle;
  readonly Credential: { basic(cipherSuite: number, clientId: Handle): Handle };
  readonly CipherSuite: { readonly Mls128Dhkemx25519Aes128gcmSha256Ed25519: number };
  readonly KeyPackage: new (bytes: Uint8Array) => SerializableHandle;
  readonly Welcome: new (bytes: Uint8Array) => SerializableHandle;
  readonly GroupInfo: new (bytes: Uint8Array) => Handle;
  readonly MlsTransportError: { MessageRejected: { new: (inner: { reason: string }) => Error } };
}

/** What only the build for browsers has. */
export interface CoreCryptoWasmModule extends CoreCryptoModule {
  initWasmModule(wasmUrl: string): Promise<void>;
}

/**
 * Starts the build for browsers, in a page, a worker or Node. It refuses to run where there is no `window`, of which it uses nothing
 * but what every global scope has.
 */
export async function startWasm(module: CoreCryptoWasmModule, wasmUrl: string): Promise<CoreCryptoModule> {
  const scope = globalThis as { window?: unknown };
  scope.window ??= globalThis;
  await module.initWasmModule(wasmUrl);
  return module;
}
