import { type ClientState, decodeGroupState, encodeGroupState } from 'ts-mls/clientState.js';
import { bytesEqual, copyBytes } from './bytes.ts';
import type { EngineContext } from './context.ts';
import { MlsError, toMlsError } from './errors.ts';
import { memberAt, unwrap, wrap } from './group-state.ts';
import type { GroupState } from './types.ts';

/** First byte of an encoded state. To be raised when the rest changes. */
const stateVersion = 1;

/** The whole state for storage, the signing key excepted. Full of secrets: seal it at rest. */
export function encodeState(state: GroupState): Uint8Array {
  try {
    const body = encodeGroupState({ ...unwrap(state), signaturePrivateKey: new Uint8Array() });
    const encoded = new Uint8Array(body.length + 1);
    encoded[0] = stateVersion;
    encoded.set(body, 1);
    return encoded;
  } catch (cause) {
    throw toMlsError(cause, 'internal');
  }
}

/** Reads what `encodeState` wrote, for the engine with the same identity and signing key. Not a check against tampering. */
export function decodeState(context: EngineContext, bytes: Uint8Array): GroupState {
  // Decoded values are views; one copy makes the state independent of the caller's buffer.
  const owned = copyBytes(bytes);
  if (owned[0] !== stateVersion) throw new MlsError('malformed', 'unknown state version');
  let decoded: ReturnType<typeof decodeGroupState>;
  try {
    decoded = decodeGroupState(owned, 1);
  } catch (cause) {
    throw new MlsError('malformed', 'not a group state', { cause });
  }
  if (decoded === undefined || decoded[1] !== owned.length - 1) throw new MlsError('malformed', 'not a group state');
  const state: ClientState = { ...decoded[0], signaturePrivateKey: context.handle, clientConfig: context.config };
  if (state.groupActiveState.kind === 'active') {
    const own = memberAt(state.ratchetTree, state.privatePath.leafIndex);
    if (own === undefined) throw new MlsError('malformed', 'a state without its own leaf');
    if (!bytesEqual(own.identity, context.identity) || !bytesEqual(own.signatureKey, context.signatureKey)) {
      throw new MlsError('misuse', 'this state belongs to another device');
    }
  }
  return wrap(state);
}
