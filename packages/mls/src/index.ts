export type { EngineOptions } from './context.ts';
export { MlsEngine } from './engine.ts';
export { MlsError, type MlsErrorCode } from './errors.ts';
export { type GroupInfoDescription, inspectGroupInfo } from './group-info.ts';
export { epoch, epochAuthenticator, groupId, isActive, members, ownLeafIndex } from './group-state.ts';
export {
  type KeyPackageDescription,
  keyPackageLifetimeDays,
  lastResortExtension,
  readKeyPackage,
} from './key-package.ts';
export { generateSigner } from './signer.ts';
export { encodeState } from './state-codec.ts';
export type {
  AuthenticationService,
  CreatedKeyPackage,
  Decrypted,
  Encrypted,
  GroupState,
  Member,
  OwnKeyPackage,
  PendingCommit,
  ProcessedCommit,
  Signer,
} from './types.ts';
export { welcomeReferences } from './welcome.ts';
export { wipeState } from './wipe.ts';
