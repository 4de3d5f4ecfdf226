/**
 * One device of one implementation of MLS, in at most one group, with cipher suite 1. Messages go in and out as the encoded
 * MLSMessage of RFC 9420 §6, so that peers of different implementations can talk.
 */
export interface Peer {
  /** Of the implementation. */
  readonly implementation: string;
  /** The bytes of the basic credential. */
  readonly identity: Uint8Array;
  /** It requires of its members what every group of core-crypto requires: both credential types. The profile requires nothing. */
  createGroup(groupId: Uint8Array): Promise<void>;
  /** The peer keeps the private half until a Welcome names it. */
  keyPackage(): Promise<Uint8Array>;
  add(keyPackages: readonly Uint8Array[]): Promise<PeerCommit>;
  remove(identities: readonly Uint8Array[]): Promise<PeerCommit>;
  update(): Promise<PeerCommit>;
  joinFromWelcome(welcome: Uint8Array): Promise<void>;
  /** `resync` replaces a former leaf of this identity. */
  joinExternal(groupInfo: Uint8Array, options?: { resync?: boolean }): Promise<PeerCommit>;
  /** The delivery service took the pending commit. */
  accept(): Promise<void>;
  /** The delivery service refused the pending commit: it never was. */
  reject(): Promise<void>;
  /** A commit of someone else. */
  process(commit: Uint8Array): Promise<void>;
  encrypt(plaintext: Uint8Array): Promise<Uint8Array>;
  decrypt(message: Uint8Array): Promise<Uint8Array>;
  /** MLS-Exporter (RFC 9420 §8.5) with {@link exporterLabel} and no context, the only one that core-crypto offers. */
  exportSecret(lengthBytes: number): Promise<Uint8Array>;
  /** Of the present epoch. Absent where an implementation gives it out with its own commits only (core-crypto). */
  groupInfo?(): Promise<Uint8Array>;
  dispose(): Promise<void>;
}

/** A commit that is pending at its author until `accept` or `reject`. */
export interface PeerCommit {
  readonly commit: Uint8Array;
  /** For those added; to be used once the commit was accepted. */
  readonly welcome?: Uint8Array;
  /** Of the epoch that the commit makes. */
  groupInfo(): Promise<Uint8Array>;
}

/** Makes peers. */
export interface PeerImplementation {
  readonly name: string;
  create(identity: Uint8Array): Promise<Peer>;
}

/** The label under which core-crypto exports (`export_secret_key`); its context is empty. */
export const exporterLabel = 'exporter';

/**
 * How long key packages are valid, in seconds before and after they are made. OpenMLS refuses leaf nodes with a range of more than
 * 84 days and an hour.
 */
export const peerLifetime = { before: 3_600n, after: 80n * 24n * 3_600n };
