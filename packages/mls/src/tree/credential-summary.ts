import type { Capabilities } from '../messages/leaf-node.ts';
import { type CredentialSummary, isBranch, type Subtree } from './subtree.ts';

const noLeaf: CredentialSummary = { used: [], supported: undefined };

function same(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((type, i) => type === b[i]));
}

function union(a: readonly number[], b: readonly number[]): readonly number[] {
  if (same(a, b)) return a;
  return [...new Set([...a, ...b])].sort((x, y) => x - y);
}

function ofLeaf(type: number, { credentials }: Capabilities): CredentialSummary {
  return { used: [type], supported: [...new Set(credentials)].sort((x, y) => x - y) };
}

function joined(a: CredentialSummary, b: CredentialSummary): CredentialSummary {
  if (a.supported === undefined) return b;
  if (b.supported === undefined) return a;
  const right = b.supported;
  const supported = same(a.supported, right) ? a.supported : a.supported.filter((type) => right.includes(type));
  return { used: union(a.used, b.used), supported };
}

/** Which credentials are used and understood below a node: computed once, so that a changed leaf costs one way to the root. */
export function credentialSummary(subtree: Subtree): CredentialSummary {
  if (subtree.credentials === undefined) {
    if (isBranch(subtree))
      subtree.credentials = joined(credentialSummary(subtree.left), credentialSummary(subtree.right));
    else if (subtree.leaf === undefined) subtree.credentials = noLeaf;
    else subtree.credentials = ofLeaf(subtree.leaf.credential.type, subtree.leaf.capabilities);
  }
  return subtree.credentials;
}

/** Whether every member understands every credential in use (RFC 9420 §7.3). */
export function credentialsAreUnderstood(root: Subtree): boolean {
  const { used, supported } = credentialSummary(root);
  return used.every((type) => supported?.includes(type) === true);
}
