import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';

/** Final, binary (RFC 6455 §5.2). What a server sends is not masked, so the bytes are the same for every receiver. */
const firstByte = 0x82;

/** A payload as one WebSocket message (RFC 6455 §5.2). */
function binaryMessage(payload: Uint8Array): Buffer {
  const size = payload.length;
  const headBytes = size < 126 ? 2 : size < 65_536 ? 4 : 10;
  const message = Buffer.allocUnsafe(headBytes + size);
  message[0] = firstByte;
  if (headBytes === 2) message[1] = size;
  else if (headBytes === 4) {
    message[1] = 126;
    message.writeUInt16BE(size, 2);
  } else {
    message[1] = 127;
    message.writeBigUInt64BE(BigInt(size), 2);
  }
  message.set(payload, headBytes);
  return message;
}

/** What many sockets get is passed to them one after the other: its message is made once. */
let latest: { readonly payload: Uint8Array; readonly message: Buffer } | undefined;

function messageOf(payload: Uint8Array): Buffer {
  if (latest?.payload !== payload) latest = { payload, message: binaryMessage(payload) };
  return latest.message;
}

/** Most sockets get the same messages in a turn: they are put together once. */
let joined: { readonly messages: readonly Buffer[]; readonly bytes: Buffer } | undefined;

function join(messages: readonly Buffer[]): Buffer {
  const [only] = messages;
  if (only && messages.length === 1) return only;
  const isSame = joined?.messages.length === messages.length && joined.messages.every((one, i) => one === messages[i]);
  if (joined === undefined || !isSame) joined = { messages, bytes: Buffer.concat(messages) };
  return joined.bytes;
}

/** Those that this turn of the event loop has something for. */
let writing: SocketWrites[] = [];

function endTurn(): void {
  const all = writing;
  writing = [];
  latest = undefined;
  for (const writes of all) writes.flush();
  joined = undefined;
}

interface Turn {
  readonly messages: Buffer[];
  readonly written: (() => void)[];
  bytes: number;
}

/**
 * What is written to one socket. All that one turn of the event loop has for it leaves in one system call when the turn ends,
 * acknowledgements and entries of a flush together: a system call per message is what costs most otherwise.
 */
export class SocketWrites {
  readonly #socket: WebSocket;
  #turn: Turn | undefined;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** Bytes that wait in this process: of this turn, and what the peer has not taken of earlier ones. */
  get waitingBytes(): number {
    return (this.#turn?.bytes ?? 0) + this.unreadBytes;
  }

  /** Of those what was to leave in earlier turns, and the peer has not taken. */
  get unreadBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /**
   * Write a payload that nobody changes any more as a message of its own. `written` is called when the bytes have left this process, or
   * never will.
   */
  write(payload: Uint8Array, written?: () => void): void {
    if (this.#turn === undefined) {
      if (writing.length === 0) setImmediate(endTurn);
      writing.push(this);
      this.#turn = { messages: [], written: [], bytes: 0 };
    }
    const message = messageOf(payload);
    this.#turn.messages.push(message);
    this.#turn.bytes += message.length;
    if (written) this.#turn.written.push(written);
  }

  /** Write now what waits for the end of the turn. */
  flush(): void {
    const turn = this.#turn;
    this.#turn = undefined;
    if (turn === undefined) return;
    const { messages, written } = turn;
    const done = (): void => {
      for (const tell of written) tell();
    };
    if (this.#socket.readyState !== this.#socket.OPEN) {
      done();
      return;
    }
    this.#stream.write(join(messages), done);
  }

  /** Call `drained` once all that waits has left this process. Something has to wait, more than the stream's high-water mark. */
  onceDrained(drained: () => void): void {
    this.#stream.once('drain', drained);
  }

  /** The socket that ws writes to. It may be passed by as long as nothing is compressed: ws keeps no queue of its own then. */
  get #stream(): Socket {
    return (this.#socket as unknown as { readonly _socket: Socket })._socket;
  }
}
