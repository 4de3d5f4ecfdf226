export type { Bytes } from './codec/bytes.ts';
export { decode } from './codec/reader.ts';
export { encode } from './codec/writer.ts';
export type { CipherSuite, KeyPair } from './crypto/cipher-suite.ts';
export { cipherSuite, suite1 } from './crypto/suites.ts';
export type { MlsErrorCode } from './error-codes.ts';
export { MlsError } from './errors.ts';
export { type EncryptOptions, encryptApplication } from './group/application.ts';
export type { AuthenticationService, Candidate } from './group/authentication.ts';
export type { MlsClient, Signer } from './group/client.ts';
export { type CommitOptions, type CreatedCommit, createCommit } from './group/create-commit.ts';
export { type CreateGroupOptions, createGroup } from './group/create-group.ts';
export { exportSecret } from './group/exports.ts';
export { createGroupInfo, type GroupInfoOptions } from './group/group-info.ts';
export {
  applySplices,
  createGroupInfoPatch,
  createGroupInfoPatchFrom,
  type GroupInfoPatch,
  type Splice,
} from './group/group-info-patch.ts';
export { type ExternalJoinOptions, joinExternal } from './group/join-external.ts';
export { type JoinOptions, joinFromWelcome, type WelcomeOptions } from './group/join-welcome.ts';
export { generateKeyPackage, type OwnedKeyPackage, referenceOf } from './group/key-package.ts';
export type { CommitEffect, GroupPolicy, PlacedLeaf, SentProposal } from './group/policy.ts';
export { type ProcessedMessage, processMessage } from './group/process-message.ts';
export { type ProposeOptions, propose, proposeExternally, proposeToJoin, proposeUpdate } from './group/propose.ts';
export type { HandshakeFormat, ProtectedMessage } from './group/protect.ts';
export type { PskStore } from './group/psks.ts';
export { generateSigner } from './group/signer.ts';
export { epochAuthenticatorOf, type GroupState } from './group/state.ts';
export { foundBranch, foundSuccessor } from './group/successor.ts';
export { verifyTree } from './group/verify-members.ts';
export { type SignatureCheck, type SignatureVerifier, verifyHere } from './group/verify-signatures.ts';
export { wipeState } from './group/wipe.ts';
export { limits } from './limits.ts';
export { basicCredential, type Credential } from './messages/credential.ts';
export {
  type Extension,
  type ExternalSender,
  externalSendersExtension,
  type RequiredCapabilities,
  requiredCapabilitiesExtension,
} from './messages/extension.ts';
export type { GroupInfo } from './messages/group-info.ts';
export type { KeyPackage } from './messages/key-package.ts';
export type { Capabilities, LeafNode } from './messages/leaf-node.ts';
export { decodeMlsMessage, encodeMlsMessage, type MlsMessage } from './messages/mls-message.ts';
export * from './messages/numbers.ts';
export type { Proposal, ReInit } from './messages/proposal.ts';
export { type Rule, rules } from './rules.ts';
export { readStoredStates, type StoredChange, type StoredStates, storedChanges } from './store/stored-states.ts';
export { createVerifierPool } from './workers/verifier-pool.ts';
