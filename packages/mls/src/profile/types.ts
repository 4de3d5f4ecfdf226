import type { GroupInfoPatch } from '../group/group-info-patch.ts';
import type { GroupState } from '../group/state.ts';

/** One leaf of a group. The bytes are copies, the receiver's to keep. */
export interface Member {
  leafIndex: number;
  /** The identity of the basic credential (RFC 9420 §5.3): in Undertone, account id and device id. */
  identity: Uint8Array;
  signatureKey: Uint8Array;
}

/** Who may stand behind a leaf (RFC 9420 §5.3.1). There is no default on purpose. */
export interface IdentityService {
  /** Whether this signature key belongs to this identity. A rejection becomes `authentication_unavailable`. */
  validate(identity: Uint8Array, signatureKey: Uint8Array): Promise<boolean>;
}

/** What a key package's owner keeps until a Welcome arrives. */
export interface OwnKeyPackage {
  /** MLSMessage(KeyPackage), RFC 9420 §10. */
  keyPackage: Uint8Array;
  /** The two HPKE private keys. Never contains the signing key. Secret: seal it at rest. */
  secret: Uint8Array;
}

export interface CreatedKeyPackage extends OwnKeyPackage {
  /** KeyPackageRef, RFC 9420 §5.2. */
  reference: Uint8Array;
}

/** What a commit carries beside its proposals. */
export interface CommitData {
  /** Signed, part of the transcript, and readable by whoever sees the commit (RFC 9420 §6, §8.2). Empty by default. */
  authenticatedData?: Uint8Array;
}

/** A commit that exists only for its author so far. */
export interface PendingCommit {
  /** MLSMessage(PublicMessage). */
  commit: Uint8Array;
  /** MLSMessage(Welcome), for all that were added; to be released only with the accepted commit. */
  welcome?: Uint8Array;
  /** To be stored before sending and adopted once the delivery service has accepted the commit. */
  state: GroupState;
  added: Member[];
  removed: Member[];
  /** The new epoch's group info as a change of the former one's. The whole: `MlsEngine.groupInfo`. */
  groupInfoPatch: GroupInfoPatch;
}

export interface ProcessedCommit {
  /** Of the new epoch; when `removedSelf`, a tombstone of the old epoch that holds no secret and refuses every operation. */
  state: GroupState;
  /** As it stands in the new tree. */
  committer: Member;
  /** As it stood in the tree that the commit was made for: who has the right to commit is judged by this. Null: an external commit. */
  committerBefore: Member | null;
  /** Whether the committer joined by this commit; a former leaf that it replaced is in `removed` (RFC 9420 §12.4.3.2). */
  external: boolean;
  added: Member[];
  removed: Member[];
  removedSelf: boolean;
  /** As the committer signed it. */
  authenticatedData: Uint8Array;
}

/** What a message's sender data say (RFC 9420 §6.3.2). */
export interface MessageOrigin {
  leafIndex: number;
  /** The number of the message among the sender's messages of this epoch, from 0. */
  generation: number;
}

export interface Encrypted {
  state: GroupState;
  /** MLSMessage(PrivateMessage). */
  message: Uint8Array;
}

export interface Decrypted {
  state: GroupState;
  plaintext: Uint8Array;
  /** The leaf whose signature the message bears. */
  sender: Member;
  authenticatedData: Uint8Array;
}
