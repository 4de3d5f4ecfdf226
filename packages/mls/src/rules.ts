import type { MlsErrorCode } from './error-codes.ts';

interface RuleEntry {
  readonly code: MlsErrorCode;
  /** Of RFC 9420. */
  readonly section: string;
  readonly sentence: string;
}

/** Every validation of RFC 9420 that this package makes, with the error of those who break it. */
export const rules = {
  application_public: {
    code: 'unexpected_content',
    section: '6.2',
    sentence: 'Application data never travel in a PublicMessage',
  },
  confirmation_tag: {
    code: 'invalid_signature',
    section: '6.1',
    sentence: 'The confirmation tag is not that of the new epoch',
  },
  content_signature: {
    code: 'invalid_signature',
    section: '6.1',
    sentence: 'The signature of the message does not verify',
  },
  membership_tag: { code: 'invalid_signature', section: '6.2', sentence: 'The membership tag does not verify' },
  sender_content_type: {
    code: 'unexpected_content',
    section: '6',
    sentence: 'This sender may not send content of this type',
  },
  sender_missing: { code: 'invalid_signature', section: '6.1', sentence: 'The sender is not in the group' },
  leaf_source: { code: 'invalid_commit', section: '7.3', sentence: 'The leaf node was made for another purpose' },
  leaf_version: { code: 'invalid_tree', section: '7.2', sentence: 'The leaf does not support this protocol version' },
  leaf_cipher_suite: { code: 'invalid_tree', section: '7.2', sentence: 'The leaf does not support this cipher suite' },
  leaf_credential_type: {
    code: 'invalid_tree',
    section: '7.3',
    sentence: 'The leaf does not support the type of its own credential',
  },
  leaf_extension: {
    code: 'invalid_tree',
    section: '7.3',
    sentence: 'The leaf carries an extension that it does not support',
  },
  leaf_required_capabilities: {
    code: 'invalid_tree',
    section: '7.3',
    sentence: 'The leaf lacks a capability that the group requires',
  },
  leaf_encryption_key: {
    code: 'invalid_tree',
    section: '7.3',
    sentence: 'The encryption key of the leaf is no key of the suite',
  },
  leaf_signature: {
    code: 'invalid_signature',
    section: '7.3',
    sentence: 'The signature of a leaf node or key package does not verify',
  },
  leaf_not_vouched_for: {
    code: 'unauthenticated_member',
    section: '5.3.1',
    sentence: 'The authentication service does not vouch for this credential and key',
  },
  credential_not_understood: {
    code: 'invalid_tree',
    section: '7.3',
    sentence: 'A member does not support a credential type that is in use',
  },
  encryption_key_repeated: {
    code: 'invalid_tree',
    section: '7.3',
    sentence: 'An encryption key occurs twice in the tree',
  },
  signature_key_repeated: {
    code: 'invalid_tree',
    section: '7.3',
    sentence: 'A signature key occurs twice in the tree',
  },
  extension_repeated: { code: 'malformed', section: '13.4', sentence: 'An extension type occurs twice' },
  group_extension_not_understood: {
    code: 'invalid_tree',
    section: '12.1.7',
    sentence: 'A member does not support an extension of the group',
  },
  tree_empty: { code: 'invalid_tree', section: '12.4.3.3', sentence: 'The tree is empty' },
  tree_trailing_blank: { code: 'malformed', section: '12.4.3.3', sentence: 'The tree ends with a blank node' },
  tree_node_type: {
    code: 'malformed',
    section: '12.4.3.3',
    sentence: "A leaf stands in a parent's place, or a parent in a leaf's",
  },
  tree_not_given: {
    code: 'invalid_group_info',
    section: '12.4.3.3',
    sentence: 'The group info has no tree, and none was given',
  },
  tree_hash_mismatch: {
    code: 'invalid_tree',
    section: '12.4.3.1',
    sentence: 'The tree is not the one of the group context',
  },
  parent_hash_invalid: {
    code: 'invalid_tree',
    section: '7.9.2',
    sentence: 'A parent node is not linked to the commit that set it',
  },
  parent_encryption_key: {
    code: 'invalid_tree',
    section: '7.1',
    sentence: 'The encryption key of a parent node is no key of the suite',
  },
  unmerged_not_ascending: {
    code: 'malformed',
    section: '7.1',
    sentence: 'The unmerged leaves are not in ascending order',
  },
  unmerged_not_below: {
    code: 'invalid_tree',
    section: '12.4.3.1',
    sentence: 'An unmerged leaf is not below its parent node',
  },
  unmerged_not_listed_between: {
    code: 'invalid_tree',
    section: '12.4.3.1',
    sentence: 'A node between a parent and its unmerged leaf does not list it, or the leaf is blank',
  },
  path_length: {
    code: 'invalid_commit',
    section: '7.5',
    sentence: 'The path has not one node for each of the filtered direct path',
  },
  path_leaf_key_unchanged: {
    code: 'invalid_commit',
    section: '12.4.2',
    sentence: "The path does not renew the committer's encryption key",
  },
  path_key_known: {
    code: 'invalid_commit',
    section: '12.4.2',
    sentence: 'A key of the path is in the tree already, or twice in the path',
  },
  path_key: { code: 'invalid_commit', section: '7.5', sentence: 'A key of the path is no key of the suite' },
  path_parent_hash: {
    code: 'invalid_commit',
    section: '7.9.2',
    sentence: 'The leaf of the path does not carry the parent hash of the path',
  },
  path_ciphertext_count: {
    code: 'invalid_commit',
    section: '7.6',
    sentence: 'A path node has not one ciphertext for each receiver',
  },
  path_not_for_us: {
    code: 'invalid_commit',
    section: '7.5',
    sentence: 'The path has no ciphertext for a key that this member holds',
  },
  path_undecryptable: {
    code: 'invalid_commit',
    section: '7.5',
    sentence: 'The path secret for this member does not open',
  },
  path_secret_mismatch: {
    code: 'invalid_commit',
    section: '12.4.2',
    sentence: 'A path secret does not give the public key of its node',
  },
  path_missing: {
    code: 'invalid_commit',
    section: '12.4',
    sentence: 'The proposals ask for a path, and there is none',
  },
  key_package_suite: {
    code: 'invalid_key_package',
    section: '10.1',
    sentence: 'The key package is of another version or cipher suite',
  },
  key_package_init_key: {
    code: 'invalid_key_package',
    section: '10.1',
    sentence: 'The init key is no key of the suite, or not one of its own',
  },
  key_package_lifetime: {
    code: 'expired_key_package',
    section: '7.3',
    sentence: 'The key package is outside its lifetime',
  },
  update_key_unchanged: {
    code: 'invalid_proposal',
    section: '12.1.2',
    sentence: 'The Update does not renew the encryption key',
  },
  leaf_missing: {
    code: 'invalid_proposal',
    section: '12.1.3',
    sentence: 'The proposal or commit is about a leaf that is blank',
  },
  psk_nonce_length: {
    code: 'invalid_proposal',
    section: '12.1.4',
    sentence: 'The nonce of a pre-shared key is not as long as the hash',
  },
  psk_usage: {
    code: 'invalid_proposal',
    section: '12.1.4',
    sentence: 'This resumption key may be used only where a group is founded',
  },
  psk_repeated: { code: 'invalid_commit', section: '12.2', sentence: 'A pre-shared key is used twice' },
  reinit_version: {
    code: 'invalid_proposal',
    section: '12.1.5',
    sentence: 'A group cannot go back to an older version',
  },
  reinit_not_alone: { code: 'invalid_commit', section: '12.2', sentence: 'A ReInit is committed alone' },
  external_proposal_type: {
    code: 'invalid_proposal',
    section: '12.1.8',
    sentence: 'This sender may not make a proposal of this type',
  },
  own_update_committed: {
    code: 'invalid_commit',
    section: '12.2',
    sentence: 'A committer cannot commit its own Update',
  },
  own_remove_committed: { code: 'invalid_commit', section: '12.2', sentence: 'A committer cannot remove itself' },
  leaf_changed_twice: { code: 'invalid_commit', section: '12.2', sentence: 'Two proposals change the same leaf' },
  extensions_changed_twice: {
    code: 'invalid_commit',
    section: '12.2',
    sentence: "Two proposals change the group's extensions",
  },
  external_init_misplaced: {
    code: 'invalid_commit',
    section: '12.2',
    sentence: 'Only an external commit has an ExternalInit',
  },
  external_init_count: {
    code: 'invalid_commit',
    section: '12.2',
    sentence: 'An external commit has exactly one ExternalInit',
  },
  external_init_undecryptable: { code: 'invalid_commit', section: '8.3', sentence: 'The ExternalInit holds no key' },
  external_commit_by_reference: {
    code: 'invalid_commit',
    section: '12.4.3.2',
    sentence: 'An external commit has its proposals by value',
  },
  external_commit_proposal: {
    code: 'invalid_commit',
    section: '12.2',
    sentence: 'An external commit has a proposal that it may not have',
  },
  external_commit_removes: {
    code: 'invalid_commit',
    section: '12.2',
    sentence: 'An external commit removes more than one leaf',
  },
  external_commit_removes_other: {
    code: 'invalid_commit',
    section: '12.2',
    sentence: 'An external commit removes a leaf of another client',
  },
  external_commit_path: { code: 'invalid_commit', section: '12.4.3.2', sentence: 'An external commit has no path' },
  external_pub_missing: {
    code: 'invalid_group_info',
    section: '12.4.3.2',
    sentence: 'The group info has no key for external commits',
  },
  group_info_suite: {
    code: 'invalid_group_info',
    section: '12.4.3.1',
    sentence: 'The group is of another version or cipher suite',
  },
  group_info_signer: {
    code: 'invalid_group_info',
    section: '12.4.3.1',
    sentence: 'The signer of the group info is not in the tree',
  },
  group_info_signature: {
    code: 'invalid_signature',
    section: '12.4.3.1',
    sentence: 'The signature of the group info does not verify',
  },
  welcome_suite: {
    code: 'invalid_welcome',
    section: '12.4.3.1',
    sentence: 'The Welcome or the key package is of another cipher suite',
  },
  welcome_undecryptable: { code: 'invalid_welcome', section: '12.4.3.1', sentence: 'The Welcome does not open' },
  own_leaf_missing: {
    code: 'invalid_welcome',
    section: '12.4.3.1',
    sentence: 'The tree does not hold the leaf of the key package',
  },
  successor_epoch: {
    code: 'invalid_welcome',
    section: '11.2',
    sentence: 'A group that follows another begins with epoch 1',
  },
  successor_parameters: {
    code: 'invalid_welcome',
    section: '11.2',
    sentence: 'The group is not the one that was agreed to follow',
  },
  successor_links: {
    code: 'invalid_welcome',
    section: '12.4.3.1',
    sentence: 'A group follows one other group at most',
  },
  reinit_members: {
    code: 'invalid_welcome',
    section: '11.2',
    sentence: 'A successor lacks a member of the former group',
  },
  branch_members: {
    code: 'invalid_welcome',
    section: '11.3',
    sentence: 'A branch has a member whom the former group has not',
  },
  successor_members: {
    code: 'misuse',
    section: '11.2',
    sentence: 'A successor has all members of the former group, a branch some of them',
  },
} as const satisfies Record<string, RuleEntry>;

/** The name of a rule: what tests and logs tell failures apart by. */
export type Rule = keyof typeof rules;
