import type { ClientState } from 'ts-mls/clientState.js';
import { createApplicationMessage } from 'ts-mls/createMessage.js';
import { encodeMlsMessage } from 'ts-mls/message.js';
import { unprotectPrivateMessage } from 'ts-mls/messageProtection.js';
import { decryptSenderData, type PrivateMessage } from 'ts-mls/privateMessage.js';
import { copyBytes } from './bytes.ts';
import { decodeMessage } from './codec.ts';
import { assertSameEpoch } from './commit-policy.ts';
import type { EngineContext } from './context.ts';
import { guarded, MlsError, toMlsError } from './errors.ts';
import { activeState, memberAt, wrap } from './group-state.ts';
import type { Decrypted, Encrypted, GroupState } from './types.ts';
import { wipeTransient } from './wipe.ts';

/** RFC 9420 §6.3. `authenticatedData` travels in the clear. */
export async function encrypt(
  context: EngineContext,
  state: GroupState,
  plaintext: Uint8Array,
  authenticatedData: Uint8Array,
): Promise<Encrypted> {
  return guarded('internal', async () => {
    const current = activeState(state);
    const result = await createApplicationMessage(
      current,
      copyBytes(plaintext),
      context.suite,
      copyBytes(authenticatedData),
    );
    const { newState, privateMessage, consumed } = result;
    const own = current.privatePath.leafIndex * 2;
    wipeTransient(consumed, current.secretTree[own], newState.secretTree[own]);
    return {
      state: wrap(newState),
      message: encodeMlsMessage({ version: 'mls10', wireformat: 'mls_private_message', privateMessage }),
    };
  });
}

/** Why a message did not open, told from its sender data, which the whole group can read (RFC 9420 §6.3.2). */
async function explainFailure(
  context: EngineContext,
  current: ClientState,
  message: PrivateMessage,
  cause: unknown,
): Promise<MlsError> {
  const plain = toMlsError(cause, 'undecryptable');
  const sender = await decryptSenderData(message, current.keySchedule.senderDataSecret, context.suite).catch(
    () => undefined,
  );
  if (sender === undefined) return plain;
  if (sender.leafIndex === current.privatePath.leafIndex) {
    return new MlsError('own_message', 'own messages cannot be decrypted', { cause });
  }
  const ratchet = current.secretTree[sender.leafIndex * 2]?.application;
  if (ratchet === undefined || sender.generation >= ratchet.generation) return plain;
  if (ratchet.unusedGenerations[sender.generation] !== undefined) return plain;
  return new MlsError('replayed', 'the key of this message was used already', { cause });
}

/** Opens an application message of this epoch and says whose signature it bears (RFC 9420 §6.3). */
export async function decrypt(context: EngineContext, state: GroupState, bytes: Uint8Array): Promise<Decrypted> {
  return guarded('undecryptable', async () => {
    const current = activeState(state);
    const message = decodeMessage(bytes, 'mls_private_message').privateMessage;
    assertSameEpoch(current, message);
    if (message.contentType !== 'application') {
      throw new MlsError('unexpected_content', `an encrypted ${message.contentType}`);
    }
    // Not processPrivateMessage of ts-mls: it does not tell the sender.
    const opened = await unprotectPrivateMessage(
      current.keySchedule.senderDataSecret,
      message,
      current.secretTree,
      current.ratchetTree,
      current.groupContext,
      current.clientConfig.keyRetentionConfig,
      context.suite,
    ).catch(async (cause: unknown) => {
      throw await explainFailure(context, current, message, cause);
    });
    const { content } = opened.content;
    if (content.contentType !== 'application' || content.sender.senderType !== 'member') {
      throw new MlsError('unexpected_content', 'not an application message of a member');
    }
    const { leafIndex } = content.sender;
    const sender = memberAt(current.ratchetTree, leafIndex);
    if (sender === undefined) throw new MlsError('undecryptable', `there is no leaf ${leafIndex}`);
    if (leafIndex === current.privatePath.leafIndex) throw new MlsError('own_message', 'sent by this leaf');
    wipeTransient(opened.consumed, current.secretTree[leafIndex * 2], opened.tree[leafIndex * 2]);
    return {
      state: wrap({ ...current, secretTree: opened.tree }),
      plaintext: copyBytes(content.applicationData),
      sender,
      authenticatedData: copyBytes(content.authenticatedData),
    };
  });
}
