/** Every size and count that both sides agree on, with its unit in its name. The server enforces each. */
export const limits = {
  usernameMinChars: 3,
  usernameMaxChars: 32,
  displayNameMaxChars: 64,
  passwordMinChars: 8,
  passwordMaxChars: 256,
  avatarMaxBytes: 64 * 1024,
  avatarPixels: 256,

  roomNameMaxChars: 64,
  roomSlugMaxChars: 64,
  roomTopicMaxChars: 200,
  roomsCreatedPerAccount: 50,
  threadMaxMembers: 32,

  /** UTF-8 bytes of a message's text. */
  messageTextMaxBytes: 16 * 1024,
  reactionMaxBytes: 64,
  mentionsPerMessage: 64,
  pinsPerRoom: 50,
  /** Of those, the ones of one account. */
  pinsPerAccount: 25,
  /** Edits of one message; their bodies are erased with it, in one send. */
  editsPerMessage: 60,
  erasesPerSend: 64,
  blobsPerSend: 4,
  fileNameMaxBytes: 255,
  /** The picture inside a file's offer: the padded document has to fit into an envelope. */
  thumbnailMaxBytes: 12 * 1024,
  captionMaxBytes: 4 * 1024,
  /** A signal is never stored: typing. */
  signalMaxBytes: 1024,
  /** An encrypted envelope: padded text, signature and framing fit. */
  envelopeMaxBytes: 48 * 1024,
  /**
   * A room is meant for up to 10,000 devices. In the worst tree, all of whose parents are blank, a commit has one ciphertext of 84
   * bytes for each of them; a group info has about 330 bytes for each. A Welcome is for a thread, which is far smaller.
   */
  commitMaxBytes: 1024 * 1024,
  welcomeMaxBytes: 2 * 1024 * 1024,
  groupInfoMaxBytes: 4 * 1024 * 1024,
  /** Of one patch of a group info: additions touch a leaf each, a path touches a node per level. */
  groupInfoMaxSplices: 4096,
  /** A whole WebSocket frame, either way: one commit with its Welcome and group info fits. */
  frameMaxBytes: 8 * 1024 * 1024,
  commitMaxDevices: 256,
  devicesPerAccount: 16,
  /** How far a founding may lead on from the present generation: a client that a lying server led ahead can found where it is. */
  foundingMaxStep: 16,

  /** A device renews its keys in a thread after so many entries of the log, or so long where there were any (SPEC R16). */
  renewAfterEntries: 100,
  renewAfterMs: 24 * 60 * 60 * 1000,

  pageMaxEntries: 200,
  historyLinksPerEpoch: 1024,
  /** Of those, the ones of one device: nobody can use up what others need. */
  historyLinksPerDevice: 4,
  helloMaxRooms: 2_000,

  keyPackageMaxBytes: 4 * 1024,
  keyPackagesStock: 100,
  keyPackagesRefillBelow: 50,
  /** A key package that is valid for less than this is not handed out any more, and is replaced. */
  keyPackageMinValidMs: 7 * 24 * 60 * 60 * 1000,
  /** A last-resort key package is replaced after use, and at the latest after this. */
  lastResortMaxAgeMs: 30 * 24 * 60 * 60 * 1000,
  /** The longest Korean username has a look-alike key of 672 bytes. */
  keyLogEntryMaxBytes: 2048,
  batchAccounts: 500,

  /** Sends per account: a bucket of `burst`, refilled at `perSecond`. */
  sendBurst: 200,
  sendPerSecond: 50,
  /** Signals per socket, apart from sends. */
  signalBurst: 20,
  signalPerSecond: 4,
  /** SPEC P3: what a client shows at a time, and then some. */
  watchedAccounts: 500,
  /** `watch` frames per socket. */
  watchBurst: 10,
  watchPerSecond: 2,
  /** A page of those who are active (SPEC P5). */
  activePageMaxPeople: 100,
  heartbeatMs: 25_000,
  sessionIdleDays: 90,
} as const;
