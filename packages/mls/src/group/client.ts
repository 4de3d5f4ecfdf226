import type { Bytes } from '../codec/bytes.ts';
import type { CipherSuite } from '../crypto/cipher-suite.ts';
import type { Credential } from '../messages/credential.ts';
import type { Extension } from '../messages/extension.ts';
import type { Capabilities } from '../messages/leaf-node.ts';
import type { AuthenticationService } from './authentication.ts';
import type { GroupPolicy } from './policy.ts';
import type { PskStore } from './psks.ts';
import type { SignatureVerifier } from './verify-signatures.ts';

/** A signing key. The private one may, and in a browser should, be non-extractable. */
export interface Signer {
  /** As the cipher suite encodes it; of Ed25519 the raw 32 bytes. */
  readonly publicKey: Bytes;
  readonly privateKey: CryptoKey;
}

/** One client (RFC 9420 §2): who acts in a group, and what it relies on. It holds no group's state. */
export interface MlsClient {
  readonly suite: CipherSuite;
  readonly credential: Credential;
  readonly signer: Signer;
  readonly capabilities: Capabilities;
  /** Put into every leaf node of this client. */
  readonly leafExtensions: readonly Extension[];
  readonly authentication: AuthenticationService;
  /** External pre-shared keys; none by default. */
  readonly psks: PskStore | undefined;
  /** The application's own rules for commits. */
  readonly policy: GroupPolicy | undefined;
  readonly verifySignatures: SignatureVerifier;
  /** How many former epochs stay able to decrypt. */
  readonly pastEpochs: number;
  /**
   * How many keys of skipped generations are kept per sender, for messages that come out of order (RFC 9420 §9.2): up to
   * `limits.skippedKeys`. With 0 a sender's messages are read in the order in which it sealed them, or not at all, and keys that
   * a stored state still holds are dropped with the next message.
   */
  readonly skippedKeys: number;
  /** How many resumption PSKs of former epochs are kept (RFC 9420 §8.6). */
  readonly resumptionPsks: number;
  /** In seconds since 1970. */
  readonly now: () => bigint;
  /** How long the key packages of this client are valid, in seconds before and after they are made. */
  readonly lifetime: { readonly before: bigint; readonly after: bigint };
}
