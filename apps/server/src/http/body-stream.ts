import type { IncomingMessage } from 'node:http';
import { serverLimits } from '../server-limits.ts';

export interface BodyStream {
  readonly stream: ReadableStream<Uint8Array>;
  /** Let what nobody has read run out. Returns false where that would be too much: then the connection has to be closed. */
  abandon(): boolean;
}

/**
 * A request's body as a stream of the web, read as fast as it is taken. Node's own conversion cannot be left in the middle: its
 * cancellation destroys the connection, and without one the connection waits for a reader for ever.
 */
export function bodyStream(raw: IncomingMessage): BodyStream {
  let open = true;
  const stream = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        const end = (finish: () => void) => (): void => {
          if (open) finish();
          open = false;
        };
        const fail = end(() => controller.error(new Error('the connection was cut')));
        raw.pause();
        raw.on('data', (chunk: Uint8Array) => {
          if (!open) return;
          controller.enqueue(chunk);
          if ((controller.desiredSize ?? 0) <= 0) raw.pause();
        });
        raw.once(
          'end',
          end(() => controller.close()),
        );
        raw.once('error', fail);
        raw.once('close', fail);
      },
      pull: () => {
        raw.resume();
      },
      cancel: () => {
        open = false;
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: serverLimits.bodyAheadMaxBytes }),
  );
  const abandon = (): boolean => {
    open = false;
    if (raw.complete || raw.destroyed) return true;
    raw.resume();
    return Number(raw.headers['content-length'] ?? Number.POSITIVE_INFINITY) <= serverLimits.bodyRunOutMaxBytes;
  };
  return { stream, abandon };
}
