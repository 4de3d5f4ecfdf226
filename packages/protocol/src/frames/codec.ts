import { Decoder, Encoder } from '@msgpack/msgpack';
import { ProtocolError } from '../errors.ts';
import { limits } from '../limits.ts';
import { assertBounded } from '../msgpack.ts';
import { ClientFrame } from './client.ts';
import { ServerFrame } from './server.ts';

// The rooms of `hello_ok`, or the pending removals of a large room, are the longest array a frame holds. These bounds are per value;
// what nested headers may claim together is bounded by `assertBounded`.
const decoder = new Decoder({
  maxStrLength: 4096,
  maxBinLength: limits.frameMaxBytes,
  maxArrayLength: 20_000,
  maxMapLength: 64,
  maxExtLength: 0,
});
const encoder = new Encoder({ ignoreUndefined: true });

/** Encode a frame as msgpack. The result is the caller's own. */
export function encodeFrame(frame: ClientFrame | ServerFrame): Uint8Array<ArrayBuffer> {
  return encoder.encode(frame);
}

function decode(data: Uint8Array): unknown {
  if (data.length > limits.frameMaxBytes) throw new ProtocolError('too_large');
  try {
    assertBounded(data);
    return decoder.decode(data);
  } catch (cause) {
    throw new ProtocolError('bad_frame', {}, { cause });
  }
}

/** Decode and check what a client sent; anything else is `bad_frame` or `too_large`. Strings and bytes are copies or views of `data`. */
export function decodeClientFrame(data: Uint8Array): ClientFrame {
  const parsed = ClientFrame.safeParse(decode(data));
  if (!parsed.success) throw new ProtocolError('bad_frame', { ref: null }, { cause: parsed.error });
  return parsed.data;
}

/** Decode and check what a server sent. */
export function decodeServerFrame(data: Uint8Array): ServerFrame {
  const parsed = ServerFrame.safeParse(decode(data));
  if (!parsed.success) throw new ProtocolError('bad_frame', {}, { cause: parsed.error });
  return parsed.data;
}
