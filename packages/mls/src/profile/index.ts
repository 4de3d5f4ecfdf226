export { type EngineOptions, MlsEngine } from './engine.ts';
export { type GroupInfoDescription, inspectGroupInfo } from './group-info.ts';
export {
  type KeyPackageDescription,
  keyPackageLifetimeDays,
  lastResortExtension,
  readKeyPackage,
} from './key-packages.ts';
export {
  epoch,
  epochAuthenticator,
  groupContextHash,
  groupId,
  isActive,
  leafSignatures,
  members,
  nextGeneration,
  ownLeafIndex,
} from './members.ts';
export type {
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
export { welcomeReferences } from './welcome.ts';
