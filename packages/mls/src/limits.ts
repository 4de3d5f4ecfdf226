/** Bounds on what comes from outside: what it costs to decode and to check. */
export const limits = {
  /** Of one MLSMessage: a group info with the tree of `leaves` members of 1 KB each fits. */
  messageBytes: 32 * 1024 * 1024,
  /**
   * Of all vectors of one encoding together. An item of two bytes may be an object of hundreds: without this, a message of the
   * greatest size would fill the memory. Enough for a tree of `leaves` members with 30 items each.
   */
  vectorItems: 1_048_576,
  /** Of a ratchet tree, blank ones included. */
  leaves: 32_768,
  /** Of one commit. */
  proposals: 4_096,
  /** Kept for the commit that refers to them, per epoch. */
  pendingProposals: 4_096,
  /** How many generations ahead of the newest one seen a message may be: each costs a derivation (RFC 9420 §9.2). */
  generationsAhead: 1_000,
  /** Keys of skipped generations that are kept at most, per sender; `MlsClient.skippedKeys` may be less. */
  skippedKeys: 256,
} as const;
