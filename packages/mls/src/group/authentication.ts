import { type Bytes, bytesKey, equalBytes } from '../codec/bytes.ts';
import { broken, MlsError } from '../errors.ts';
import type { Credential } from '../messages/credential.ts';

/** Who a leaf says it is. */
export interface Candidate {
  readonly credential: Credential;
  readonly signatureKey: Bytes;
}

/** Who may stand behind a leaf (RFC 9420 §5.3.1). There is no default on purpose. */
export interface AuthenticationService {
  /**
   * Whether this signature key belongs to this credential. With `predecessor`, a leaf is being replaced, and the new credential must
   * also be a valid successor of the old one. A rejection becomes `authentication_unavailable`.
   */
  validate(candidate: Candidate, predecessor?: Candidate): Promise<boolean>;
}

export function candidateOf({ credential, signatureKey }: Candidate): Candidate {
  return { credential, signatureKey };
}

/** Whether two leaves are one client's: here, whether they present the same credential. */
export function sameClient(a: Candidate, b: Candidate): boolean {
  return a.credential.type === b.credential.type && equalBytes(a.credential.content, b.credential.content);
}

/** A key for Map and Set: equal for what {@link sameClient} takes for one client. */
export function clientKey({ credential: { type, content } }: Candidate): string {
  return `${type} ${bytesKey(content)}`;
}

/** Asks the service; refuses those it does not vouch for (RFC 9420 §7.3). */
export async function authenticate(
  service: AuthenticationService,
  candidate: Candidate,
  predecessor?: Candidate,
): Promise<void> {
  let valid: boolean;
  try {
    valid = await service.validate(candidateOf(candidate), predecessor && candidateOf(predecessor));
  } catch (cause) {
    throw new MlsError('authentication_unavailable', 'the authentication service did not answer', { cause });
  }
  if (!valid) throw broken('leaf_not_vouched_for');
}
