import type { CipherSuite } from '../crypto/cipher-suite.ts';
import { must } from '../errors.ts';
import { type Extension, requiredCapabilitiesOf } from '../messages/extension.ts';
import { leafNodeSources } from '../messages/numbers.ts';
import type { CreatedPath } from '../tree/create-path.ts';
import { credentialsAreUnderstood } from '../tree/credential-summary.ts';
import { assertLeafForm, understandsExtensions } from './validate-leaf.ts';

/** What others will check of the leaf in a path (RFC 9420 §7.3): better known before it is sent. */
export function assertOwnPathLeaf(
  suite: CipherSuite,
  { leafNode, tree }: CreatedPath,
  extensions: readonly Extension[],
): void {
  assertLeafForm(suite, leafNode, requiredCapabilitiesOf(extensions), leafNodeSources.commit);
  must(understandsExtensions(leafNode, extensions), 'group_extension_not_understood');
  must(credentialsAreUnderstood(tree.root), 'credential_not_understood');
}
