import type { ClientState } from 'ts-mls/clientState.js';
import type { GroupContext } from 'ts-mls/groupContext.js';
import { getHpkePublicKey, type RatchetTree } from 'ts-mls/ratchetTree.js';
import { bytesEqual, bytesKey } from './bytes.ts';
import { suiteName } from './cipher-suite.ts';
import { MlsError, type MlsErrorCode } from './errors.ts';
import { derivePublicKey } from './hpke.ts';
import { assertAcceptableLeaf } from './leaf-policy.ts';

/** Bounds the work and the stack depth that a tree can cause. A room's own limit is lower. */
export const maxLeaves = 4096;

export function assertTreeSize(tree: RatchetTree, code: MlsErrorCode): void {
  if (tree.length > maxLeaves * 2 - 1) throw new MlsError(code, `more than ${maxLeaves} leaves`);
}

/** No group of ours has extensions in its context; `external_senders`, say, would let strangers propose. */
export function assertPlainContext(groupContext: GroupContext, code: MlsErrorCode): void {
  if (groupContext.cipherSuite !== suiteName) throw new MlsError(code, 'not of cipher suite 1');
  if (groupContext.extensions.length > 0) throw new MlsError(code, 'group context extensions are not used');
}

/** What ts-mls does not check of a tree received whole: acceptable leaves, one leaf per identity. */
export function assertAcceptableTree(tree: RatchetTree, code: MlsErrorCode): void {
  assertTreeSize(tree, code);
  const identities = new Set<string>();
  for (const node of tree) {
    if (node?.nodeType !== 'leaf') continue;
    const identity = bytesKey(assertAcceptableLeaf(node.leaf, code));
    if (identities.has(identity)) throw new MlsError(code, 'one identity has two leaves');
    identities.add(identity);
  }
}

/**
 * What a commit changed in the tree: every new leaf acceptable, its identity and signature key its own, every new encryption
 * key unique (RFC 9420 §7.3, §12.4.2). ts-mls enforces this only on those who join later: without this check one
 * member's bad commit would close the group for good.
 */
export function assertTreeChange(before: RatchetTree, after: RatchetTree, code: MlsErrorCode): void {
  assertTreeSize(after, code);
  for (const [index, node] of after.entries()) {
    if (node === undefined || node === before[index]) continue;
    const key = getHpkePublicKey(node);
    const leaf = node.nodeType === 'leaf' ? node.leaf : undefined;
    const identity = leaf === undefined ? undefined : assertAcceptableLeaf(leaf, code);
    for (const [otherIndex, other] of after.entries()) {
      if (other === undefined || otherIndex === index) continue;
      if (bytesEqual(key, getHpkePublicKey(other))) throw new MlsError(code, 'an encryption key is used twice');
      if (leaf === undefined || identity === undefined || other.nodeType !== 'leaf') continue;
      if (bytesEqual(leaf.signaturePublicKey, other.leaf.signaturePublicKey)) {
        throw new MlsError(code, 'a signature key is used twice');
      }
      if (bytesEqual(identity, assertAcceptableLeaf(other.leaf, code))) {
        throw new MlsError(code, 'one identity has two leaves');
      }
    }
  }
}

/** RFC 9420 §12.4.2: the keys derived from the path secrets are those published in the tree. Only what is new is derived. */
export async function assertPathKeys(before: ClientState | undefined, after: ClientState): Promise<void> {
  for (const [index, privateKey] of Object.entries(after.privatePath.privateKeys)) {
    if (before?.privatePath.privateKeys[Number(index)] === privateKey) continue;
    const node = after.ratchetTree[Number(index)];
    if (node !== undefined && bytesEqual(getHpkePublicKey(node), await derivePublicKey(privateKey))) continue;
    throw new MlsError('invalid_commit', 'a path secret does not match the public key in the tree');
  }
}
