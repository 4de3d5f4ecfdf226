import { type Bytes, copyBytes } from '../codec/bytes.ts';
import { MlsError } from '../errors.ts';
import { contentTypes } from '../messages/numbers.ts';
import type { MlsClient } from './client.ts';
import { committable } from './committable.ts';
import { assertOwnLeaf, type ProtectedMessage, protect, signOwnContent } from './protect.ts';
import { assertActive, assertVerified, type GroupState } from './state.ts';

export interface EncryptOptions {
  /** Authenticated, and readable by everyone. */
  readonly authenticatedData?: Uint8Array;
  /** Zero bytes to add, to hide the length. */
  readonly paddingBytes?: number;
}

/** An application message (RFC 9420 §15). Store the new state before sending: encrypting twice from one state uses one key twice. */
export async function encryptApplication(
  client: MlsClient,
  state: GroupState,
  data: Uint8Array,
  { authenticatedData, paddingBytes = 0 }: EncryptOptions = {},
): Promise<ProtectedMessage> {
  assertActive(state);
  assertVerified(state);
  assertOwnLeaf(client, state);
  // RFC 9420 §12.4: what members proposed takes effect before anything else is said.
  if (committable([...state.proposals.values()], [], state.leafIndex).length > 0) {
    throw new MlsError('proposals_pending', 'proposals are pending: commit first');
  }
  const content = { type: contentTypes.application, data: copyBytes(data) };
  const associated: Bytes = copyBytes(authenticatedData ?? new Uint8Array());
  const signed = await signOwnContent(client, state, content, associated, 'private');
  return protect(state, signed, paddingBytes);
}
