/**
 * Why an operation failed. Callers branch on this, never on a message.
 *
 * - `malformed`: not the canonical encoding of what was expected, or larger than is accepted.
 * - `unexpected_content`: well-formed, but of a kind that has no place here.
 * - `wrong_group`, `wrong_epoch`: for another group, or for an epoch whose keys this state does not hold.
 * - `own_message`: sent by this very leaf; a sender adopts its pending state and remembers its plaintext instead.
 * - `replayed`: this message's key is gone: it was used already, or passed over and not kept.
 * - `too_far_ahead`: the message's generation lies further ahead than keys are derived for.
 * - `undecryptable`: it does not open with the keys that it names.
 * - `invalid_signature`: a signature, membership tag or confirmation tag does not verify.
 * - `unauthenticated_member`: the authentication service does not vouch for a leaf.
 * - `authentication_unavailable`: the authentication service failed; the same call may succeed later.
 * - `invalid_tree`, `invalid_commit`, `invalid_proposal`, `invalid_key_package`, `invalid_welcome`, `invalid_group_info`: breaks a
 *   rule of RFC 9420; `rule` says which one.
 * - `expired_key_package`: outside its lifetime.
 * - `proposals_pending`: members have proposed something that is to be committed before anything is said.
 * - `unknown_proposal`: a commit refers to a proposal that this state has not seen.
 * - `unknown_psk`: a pre-shared key that the caller does not have.
 * - `not_addressed`: a Welcome without an entry for the given key package.
 * - `already_member`: the identity has a leaf in the group.
 * - `unverified_tree`: leaf signatures were put off and have not been checked yet.
 * - `removed`: this state was removed from the group and can do nothing more.
 * - `reinitialized`: the group was closed by a ReInit; its successor takes over.
 * - `policy`: the caller's own policy refused a commit or a proposal.
 * - `misuse`: a wrong argument.
 * - `internal`: none of the above; a defect.
 */
export type MlsErrorCode =
  | 'malformed'
  | 'unexpected_content'
  | 'wrong_group'
  | 'wrong_epoch'
  | 'own_message'
  | 'replayed'
  | 'too_far_ahead'
  | 'undecryptable'
  | 'invalid_signature'
  | 'unauthenticated_member'
  | 'authentication_unavailable'
  | 'invalid_tree'
  | 'invalid_commit'
  | 'invalid_proposal'
  | 'invalid_key_package'
  | 'invalid_welcome'
  | 'invalid_group_info'
  | 'expired_key_package'
  | 'proposals_pending'
  | 'unknown_proposal'
  | 'unknown_psk'
  | 'not_addressed'
  | 'already_member'
  | 'unverified_tree'
  | 'removed'
  | 'reinitialized'
  | 'policy'
  | 'misuse'
  | 'internal';
