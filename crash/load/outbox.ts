import { randomBytes, randomUUID } from 'node:crypto';
import type { EntryId, RoomId } from '@undertone/protocol';
import type { Random } from '../random.ts';

export interface Envelope {
  readonly id: EntryId;
  readonly room: RoomId;
  readonly kind: 'message' | 'commit';
  readonly body: Uint8Array<ArrayBuffer>;
}

/** An envelope that nobody has had before. To the server its body is random bytes in any case. */
export const newEnvelope = (room: RoomId, kind: Envelope['kind'], random: Random): Envelope => ({
  id: randomUUID() as EntryId,
  room,
  kind,
  body: new Uint8Array(randomBytes(random.between(32, 900))),
});

/** What is to be sent and has not been acknowledged, in order; each is sent again, as it is, after its answer was lost. */
export class Outbox {
  readonly #waiting = new Map<EntryId, Envelope>();
  readonly #underway = new Map<number, Envelope>();
  #ref = 1;

  get size(): number {
    return this.#waiting.size;
  }

  add(envelope: Envelope): void {
    this.#waiting.set(envelope.id, envelope);
  }

  /** The socket is gone: nothing is on its way any more. */
  reset(): void {
    this.#underway.clear();
  }

  /** What is not on its way, each with the ref that it goes out with. */
  *take(): Generator<[ref: number, envelope: Envelope]> {
    const underway = new Set([...this.#underway.values()].map(({ id }) => id));
    for (const envelope of this.#waiting.values()) {
      if (underway.has(envelope.id)) continue;
      this.#ref += 1;
      this.#underway.set(this.#ref, envelope);
      yield [this.#ref, envelope];
    }
  }

  /** An answer came for `ref`: what it answers is not on its way any more. */
  answered(ref: number): Envelope | undefined {
    const envelope = this.#underway.get(ref);
    this.#underway.delete(ref);
    return envelope;
  }

  settle({ id }: Envelope): void {
    this.#waiting.delete(id);
  }
}
