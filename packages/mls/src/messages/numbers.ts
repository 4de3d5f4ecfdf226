/** The numbers of RFC 9420 §6 and §17 that stand on the wire. */

/** ProtocolVersion `mls10`. */
export const mls10 = 1;

export const wireFormats = {
  publicMessage: 1,
  privateMessage: 2,
  welcome: 3,
  groupInfo: 4,
  keyPackage: 5,
} as const;

export const contentTypes = { application: 1, proposal: 2, commit: 3 } as const;

export const senderTypes = { member: 1, external: 2, newMemberProposal: 3, newMemberCommit: 4 } as const;

export const proposalTypes = {
  add: 1,
  update: 2,
  remove: 3,
  preSharedKey: 4,
  reInit: 5,
  externalInit: 6,
  groupContextExtensions: 7,
} as const;

export const extensionTypes = {
  applicationId: 1,
  ratchetTree: 2,
  requiredCapabilities: 3,
  externalPub: 4,
  externalSenders: 5,
} as const;

export const credentialTypes = { basic: 1, x509: 2 } as const;

export const leafNodeSources = { keyPackage: 1, update: 2, commit: 3 } as const;

export const pskTypes = { external: 1, resumption: 2 } as const;

export const resumptionUsages = { application: 1, reInit: 2, branch: 3 } as const;
