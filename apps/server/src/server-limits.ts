import { limits } from '@undertone/protocol';

const second = 1_000;
const minute = 60 * second;
const mebibyte = 1024 ** 2;

/**
 * Every bound that the server alone decides, with its reason; those that both sides agree on are `limits` of the protocol. Each refusal
 * that follows from one has a code of the error table, and is counted by it.
 */
export const serverLimits = {
  // Sockets
  /** Connections that wait to be taken up: after a restart everyone comes at once. The system may hold it lower (`net.core.somaxconn`). */
  listenBacklog: 4096,
  /** A client has said hello long before; what is silent holds a place for nothing. */
  helloTimeoutMs: 10 * second,
  /** SPEC T4: a client that is merely of another version errs once; ten times is a broken or hostile one. */
  badFramesPerSocket: 10,
  /** Requests of one socket under way until their answers have left: one client cannot fill the writer's queue. */
  loadPerSocket: 64,
  /** What a request weighs whose answer can be megabytes: four such answers wait for one peer at most. */
  heavyRequestLoad: 16,
  /** SPEC L8: with more than this waiting, a peer is switched to catching up. A mobile line of 2 Mbit/s is 4 s behind then. */
  pushBufferMaxBytes: mebibyte,
  /** Frames of a room that are held back until its state was told; a client that missed more pulls them. */
  heldFramesPerRoom: 64,
  /**
   * Bytes waiting in a socket before it is closed, in memory and not on the wire: its peer asks for answers and does not read them. The
   * largest is a group info.
   */
  socketBufferMaxBytes: limits.groupInfoMaxBytes + 2 * mebibyte,
  /**
   * A room in which `busyRoomEntries` are said in `busyRoomMs`, a thousand a second, is written to once in so long: less than two frames on
   * a screen.
   */
  busyRoomMs: 20,
  busyRoomEntries: 20,
  /** What gathers in that time before it is written all the same: well below what switches a peer to catching up. */
  busyRoomBytes: 256 * 1024,
  /** A signal is of use now or never: a socket whose peer has not taken more than this goes without. */
  signalBufferMaxBytes: 64 * 1024,
  /** How long a peer has to answer the closing handshake: one that is gone must not hold up the server's own end. */
  closeTimeoutMs: 3 * second,

  // Logs
  /** Envelopes of one flush: its transaction stays short, so that nobody's acknowledgement waits long for others'. */
  flushMaxSends: 400,
  /** Bytes of one flush: its entries of one room fit into one frame. */
  flushMaxBytes: 2 * mebibyte,
  /** Bytes of a page: it fits into one frame, and a slow line gets something soon. */
  pageMaxBytes: 2 * mebibyte,
  /** SPEC L9: entries of a log that one step of the retention looks at. Nobody writes to the room meanwhile, so it takes milliseconds. */
  retentionEntries: 500,
  /** Rooms whose logs' beginnings one statement of it looks at. */
  retentionRooms: 1_000,
  /** SPEC R8: founding anew is the last step of repair; members who disagree must not do it in turns. */
  generationMinMs: minute,
  /** SPEC R8: foundings of one account in one room a day. An account that founds more often does not repair the room by it. */
  foundingsPerDay: 6,
  /** SPEC R14: how long the first bar lasts. Members enter again in that time, and a device that was merely behind is not lost. */
  barMs: 10 * minute,
  /** Each bar lasts twice as long as the one before, up to this. */
  barMaxMs: 24 * 60 * minute,
  /** A device whose last bar ended so long ago begins with the shortest one. */
  barForgetMs: 7 * 24 * 60 * minute,
  /** Reports of so long count together, of entries of so long. */
  reportMs: 60 * minute,
  /** Other accounts that have to report: one alone bars nobody. */
  reportersMin: 2,
  /** Of those who could report a larger part than one in so many has to. */
  reportersPart: 4,

  // HTTP
  /** Requests are small; those that carry more say so at their route. */
  bodyMaxBytes: 128 * 1024,
  /** A full stock of key packages in base64url, with room for JSON. */
  keyPackagesBodyMaxBytes: mebibyte,
  /** Requests per address. A school or an office behind one address must be able to sign up at the same time. */
  httpRates: {
    any: { max: 3_000, windowMs: minute },
    signUp: { max: 60, windowMs: 60 * minute },
    logIn: { max: 60, windowMs: minute },
    lookUp: { max: 240, windowMs: minute },
    /** Pieces of files, up or down: a gigabyte is 128 of 8 MiB, and a reader may ask for each of its records. */
    transfer: { max: 60_000, windowMs: minute },
  },
  /** Addresses that are counted at a time: beyond that the oldest are forgotten rather than memory filled. */
  countedAddresses: 20_000,

  // Accounts
  /** Wrong passwords of one account from one address that cost nothing: people mistype. */
  freeLogInTries: 3,
  /** The longest wait between tries: guessing is hopeless by then, and nobody is locked out for good. */
  logInDelayMaxMs: minute,
  /** After so long without a failure it is forgotten. */
  logInForgetMs: 15 * minute,
  /** Pairs of address and account that are remembered: memory is bounded whoever guesses. */
  logInPairs: 20_000,
  /** Hashes computed at a time: a flood of log-ins costs two threads and 64 MiB at most. */
  hashesAtOnce: 2,
  /** Hashes that wait for their turn; whoever comes then is told to try again. */
  hashesWaiting: 64,
  /** An invitation that nobody took in a week is forgotten in some mailbox. */
  inviteValidMs: 7 * 24 * 60 * minute,
  /** SPEC I3: how far ahead of the server's clock the time in an entry of a key log may be. */
  keyLogClockMaxMs: 10 * minute,
  /** Rows of key packages without their expiry that are read at a time. */
  keyPackagesAtOnce: 500,
  /** Key packages that one account takes from others, in all and of one of them: claims use up others' stock (arXiv 2504.07323). */
  claimRates: {
    perClaimer: { burst: 128, perSecond: 1 },
    perPair: { burst: 20, perSecond: 1 / 30 },
  },

  // Files
  /** Left free on the disk: the database is likely to be on it, and cannot do without. */
  diskReserveBytes: 256 * mebibyte,
  /** A client that sends nothing of its piece for so long is gone. */
  uploadIdleMs: minute,
  /** How long a request waits for another one to leave the same upload. */
  uploadLockMaxMs: 30 * second,
  /** How long what one process alone may do stays its own after it was killed. */
  leaseMs: 5 * second,
  /** How often its holder puts that off, and looks whether someone waits. */
  leaseRenewMs: second,
  /** How often someone who waits for it looks. */
  leasePollMs: 200,
  /** An upload that is not finished, or that no message names, goes after so long (SPEC F3). */
  blobMaxAgeMs: 24 * 60 * minute,
  /** Bytes of a body that are taken in before someone reads them. */
  bodyAheadMaxBytes: 512 * 1024,
  /** So much of a body is let run out after a refusal, so that the client hears it; above that the connection is closed. */
  bodyRunOutMaxBytes: 32 * mebibyte,

  // Database
  /**
   * Connections of one process for what is not said below. With those, the one by which messages are written and the one that listens it has
   * 12; PostgreSQL's default of 100 is enough for eight processes.
   */
  databaseConnections: 7,
  /** Connections by which pages of logs are read. */
  readConnections: 3,
  /** How often a transaction is tried that PostgreSQL broke off for another one. */
  transactionTries: 3,

  // The end
  /** How long requests that were begun may take to their end once the server is going; uploads go on elsewhere. */
  requestsEndMaxMs: 2 * second,
  /** How long anything may hold up the server's end: sockets whose peers are gone, and what Node does not count as its own. */
  connectionsEndMaxMs: 4 * second,
  /**
   * A shut-down that takes longer is broken off: what starts the process again counts on it. Nothing acknowledged is lost by that,
   * since it is durable; only a database that does not answer can hold up the flush so long.
   */
  shutdownMaxMs: 5 * second,
} as const;
