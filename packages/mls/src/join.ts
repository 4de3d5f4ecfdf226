import { createGroup as createTsMlsGroup, joinGroupWithExtensions } from 'ts-mls/clientState.js';
import { joinGroupExternal } from 'ts-mls/createCommit.js';
import { makeKeyPackageRef } from 'ts-mls/keyPackage.js';
import { encodeMlsMessage } from 'ts-mls/message.js';
import { emptyPskIndex } from 'ts-mls/pskIndex.js';
import { bytesEqual, copyBytes } from './bytes.ts';
import { suiteName } from './cipher-suite.ts';
import { decodeMessage } from './codec.ts';
import type { EngineContext } from './context.ts';
import { guarded, MlsError } from './errors.ts';
import { decodeGroupInfo, encodeGroupInfo } from './group-info.ts';
import { memberAt, membersOfTree, wrap } from './group-state.ts';
import { decodeKeyPackageBytes, decodeKeyPackageSecret, generateKeyPackage } from './key-package.ts';
import { settle } from './settle.ts';
import { assertAcceptableTree, assertPathKeys, assertPlainContext } from './tree-policy.ts';
import type { GroupState, OwnKeyPackage, PendingCommit } from './types.ts';

/** A group of one, in epoch 0 (RFC 9420 §11). */
export async function createGroup(context: EngineContext, groupId: Uint8Array): Promise<GroupState> {
  return guarded('internal', async () => {
    if (groupId.length === 0) throw new MlsError('misuse', 'empty group id');
    const { publicPackage, privatePackage } = await generateKeyPackage(context);
    const { suite, config } = context;
    return wrap(settle(await createTsMlsGroup(copyBytes(groupId), publicPackage, privatePackage, [], suite, config)));
  });
}

/** RFC 9420 §12.4.3.1, the tree taken from the Welcome's group info. */
export async function joinFromWelcome(
  context: EngineContext,
  welcome: Uint8Array,
  own: OwnKeyPackage,
): Promise<GroupState> {
  return guarded('invalid_welcome', async () => {
    const message = decodeMessage(welcome, 'mls_welcome').welcome;
    if (message.cipherSuite !== suiteName) throw new MlsError('invalid_welcome', 'not of cipher suite 1');
    const keyPackage = decodeKeyPackageBytes(own.keyPackage);
    if (!bytesEqual(keyPackage.leafNode.signaturePublicKey, context.signatureKey)) {
      throw new MlsError('misuse', 'this key package belongs to another engine');
    }
    const reference = await makeKeyPackageRef(keyPackage, context.suite.hash);
    if (!message.secrets.some(({ newMember }) => bytesEqual(newMember, reference))) {
      throw new MlsError('not_addressed', 'the Welcome is not for this key package');
    }
    const secret = decodeKeyPackageSecret(context, own.secret);
    const { suite, config } = context;
    const [joined] = await joinGroupWithExtensions(
      message,
      keyPackage,
      secret,
      emptyPskIndex,
      suite,
      undefined,
      undefined,
      config,
    );
    secret.initPrivateKey.fill(0);
    assertPlainContext(joined.groupContext, 'invalid_welcome');
    assertAcceptableTree(joined.ratchetTree, 'invalid_welcome');
    const state = settle(joined);
    await assertPathKeys(undefined, state);
    return wrap(state);
  });
}

/**
 * Joins by one's own commit (RFC 9420 §12.4.3.2). With `resync`, a former leaf of this identity is removed in the same commit;
 * without, its presence is `already_member`.
 */
export async function joinExternal(
  context: EngineContext,
  groupInfoBytes: Uint8Array,
  resync: boolean,
): Promise<PendingCommit> {
  return guarded('invalid_group_info', async () => {
    const { groupInfo, tree } = decodeGroupInfo(groupInfoBytes);
    assertAcceptableTree(tree, 'invalid_group_info');
    const former = membersOfTree(tree).filter(({ identity }) => bytesEqual(identity, context.identity));
    if (former.length > 0 && !resync) throw new MlsError('already_member', 'join again with resync');
    const { publicPackage, privatePackage } = await generateKeyPackage(context);
    const { publicMessage, newState } = await joinGroupExternal(
      groupInfo,
      publicPackage,
      privatePackage,
      // ts-mls would look for a leaf that is not there and remove number -1/2.
      former.length > 0,
      context.suite,
      tree,
      context.config,
    );
    const state = settle(newState);
    const self = memberAt(state.ratchetTree, state.privatePath.leafIndex);
    if (self === undefined) throw new MlsError('internal', 'no own leaf after joining');
    return {
      commit: encodeMlsMessage({ version: 'mls10', wireformat: 'mls_public_message', publicMessage }),
      groupInfo: await encodeGroupInfo(context, state),
      state: wrap(state),
      added: [self],
      removed: former,
    };
  });
}
