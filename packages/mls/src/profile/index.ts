export { type EngineOptions, MlsEngine } from './engine.ts';
export { type GroupInfoDescription, inspectGroupInfo } from './group-info.ts';
export {
  type KeyPackageDescription,
  keyPackageLifetimeDays,
  lastResortExtension,
  readKeyPackage,
} from './key-packages.ts';
export { epoch, epochAuthenticator, groupId, isActive, members, ownLeafIndex } from './members.ts';
export type {
  CreatedKeyPackage,
  Decrypted,
  Encrypted,
  IdentityService,
  Member,
  OwnKeyPackage,
  PendingCommit,
  ProcessedCommit,
} from './types.ts';
export { welcomeReferences } from './welcome.ts';
