import { type Member, type Sink, stampOf } from '../relay/target.ts';

/** A member of a peer's room: a message counts as acknowledged when it comes back, unless the peer has an acknowledgement of its own. */
export abstract class EchoMember implements Member {
  readonly #sink: Sink;
  readonly #waiting = new Map<string, () => void>();

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** Put a message on the wire. */
  protected abstract write(payload: string): void;
  abstract close(): void;

  send(payload: string): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.set(payload, resolve);
      this.write(payload);
    });
  }

  protected received(payloads: readonly string[]): void {
    if (payloads.length === 0) return;
    this.#sink(payloads.map(stampOf));
    for (const payload of payloads) {
      const resolve = this.#waiting.get(payload);
      if (resolve === undefined) continue;
      this.#waiting.delete(payload);
      resolve();
    }
  }
}
