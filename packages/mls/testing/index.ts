/** Other implementations of MLS, and our own, behind one interface: for differential tests and for the benchmark. */

export { listen } from '../src/workers/verifier-worker.ts';
export { type CoreCryptoModule, type CoreCryptoWasmModule, startWasm } from './core-crypto-module.ts';
export { coreCryptoImplementation } from './core-crypto-peer.ts';
export { countPrimitives, type PrimitiveCounts } from './count-primitives.ts';
export { EnginePeer, engineImplementation } from './engine-peer.ts';
export { testIdentity } from './identities.ts';
export { coreCryptoForNode, type InstalledCoreCrypto, installCoreCrypto } from './install-core-crypto.ts';
export { OwnPeer, ownImplementation } from './own-peer.ts';
export type { Peer, PeerCommit, PeerImplementation } from './peer.ts';
export { buildPopulatedGroup, openPopulatedGroup, type PopulatedGroup } from './populated-group.ts';
export { storedBytes } from './stored-bytes.ts';
export { tsMlsImplementation } from './ts-mls-peer.ts';
