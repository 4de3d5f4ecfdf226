/** Told of every message that arrives: when it was sent, by `performance.now()`, as its first characters say. */
export type Sink = (stamps: readonly number[]) => void;

/** One connection to a measured server, in its room. */
export interface Member {
  /** Resolves when the server has acknowledged the message; rejects where it was refused. */
  send(payload: string): Promise<void>;
  close(): void;
}

/** CPU seconds used so far. */
export interface Cpu {
  readonly server: number;
  /** Its database's processes, where it has some. */
  readonly database: number;
}

/** A server with one room, and its members connected. */
export interface Running {
  readonly members: readonly Member[];
  cpu(): Promise<Cpu>;
  stop(): Promise<void>;
}

/** What is measured: ours, or a peer. */
export interface Target {
  readonly name: string;
  /** What makes its figures what they are: version, storage, settings. */
  readonly settings: string;
  start(receivers: number, sink: Sink): Promise<Running>;
}

export const payloadBytes = 300;
const stampChars = 16;

/** A message of `payloadBytes` ASCII characters that begins with the present time. */
export const stampedPayload = (): string =>
  performance.now().toFixed(4).padStart(stampChars, '0').padEnd(payloadBytes, 'x');

export const stampOf = (payload: string): number => Number(payload.slice(0, stampChars));
