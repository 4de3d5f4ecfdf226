import type { ClientState } from 'ts-mls/clientState.js';
import type { GroupContext } from 'ts-mls/groupContext.js';
import { getHpkePublicKey, type RatchetTree } from 'ts-mls/ratchetTree.js';
import { bytesEqual, bytesKey } from './bytes.ts';
import { suiteName } from './cipher-suite.ts';
import { basicIdentity } from './client-config.ts';
import { MlsError, type MlsErrorCode } from './errors.ts';
import { derivePublicKey } from './hpke.ts';
import { assertAcceptableLeaf } from './leaf-policy.ts';

/**
 * Bounds the work that a tree can cause, and the depth of ts-mls' encoder, which needs a stack frame per node: 4,096 leaves
 * still encode in Node, 8,192 overflow.
 */
const maxLeaves = 2048;

export function assertTreeSize(tree: RatchetTree, code: MlsErrorCode): void {
  if (tree.length > maxLeaves * 2 - 1) throw new MlsError(code, `more than ${maxLeaves} leaves`);
}

/** No group of ours has extensions in its context; `external_senders`, say, would let strangers propose. */
export function assertPlainContext(groupContext: GroupContext, code: MlsErrorCode): void {
  if (groupContext.cipherSuite !== suiteName) throw new MlsError(code, 'not of cipher suite 1');
  if (groupContext.extensions.length > 0) throw new MlsError(code, 'group context extensions are not used');
}

/** RFC 9420 §7.3 and §7.9: no encryption key, signature key or identity occurs twice. */
function assertDistinct(tree: RatchetTree, code: MlsErrorCode): void {
  const seen = { 'encryption key': new Set<string>(), 'signature key': new Set<string>(), identity: new Set<string>() };
  const once = (what: keyof typeof seen, value: Uint8Array) => {
    const key = bytesKey(value);
    if (seen[what].has(key)) throw new MlsError(code, `two nodes have the same ${what}`);
    seen[what].add(key);
  };
  for (const node of tree) {
    if (node === undefined) continue;
    once('encryption key', getHpkePublicKey(node));
    if (node.nodeType !== 'leaf') continue;
    once('signature key', node.leaf.signaturePublicKey);
    once('identity', basicIdentity(node.leaf.credential));
  }
}

/**
 * What a commit changed in the tree, or (without `before`) a tree received whole. ts-mls judges some of this only when somebody
 * joins: without this check here, one member's bad commit would close the group for good.
 */
export function assertAcceptableTree(after: RatchetTree, code: MlsErrorCode, before?: RatchetTree): void {
  assertTreeSize(after, code);
  for (const [index, node] of after.entries()) {
    if (node?.nodeType === 'leaf' && node !== before?.[index]) assertAcceptableLeaf(node.leaf, code);
  }
  assertDistinct(after, code);
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
