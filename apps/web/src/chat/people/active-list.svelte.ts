import type { Core, PresenceState } from '@undertone/client/view';
import type { AccountId, RoomId } from '@undertone/protocol';
import { failureSentence } from '../../state/failure.ts';

/** Who is there now, on the server or in a room, page by page. */
export class ActiveList {
  readonly #core: Pick<Core, 'activePeople'>;
  readonly #room: RoomId | null;
  #states = $state.raw<ReadonlyMap<AccountId, PresenceState>>(new Map());
  #count = $state<number>();
  #complete = $state(true);
  #next = $state<string | null>(null);
  #busy = $state(false);
  #failure = $state<string>();

  constructor(core: Pick<Core, 'activePeople'>, room: RoomId | null) {
    this.#core = core;
    this.#room = room;
  }

  /** As they were when their page was read. */
  get states(): ReadonlyMap<AccountId, PresenceState> {
    return this.#states;
  }

  /** Of all pages; undefined before the first. */
  get count(): number | undefined {
    return this.#count;
  }

  /** False where the server could not ask all of its processes. */
  get complete(): boolean {
    return this.#complete;
  }

  get more(): boolean {
    return this.#next !== null;
  }

  get busy(): boolean {
    return this.#busy;
  }

  get failure(): string | undefined {
    return this.#failure;
  }

  /** Read the next page, or the first one. */
  async load(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    this.#failure = undefined;
    try {
      const page = await this.#core.activePeople(this.#room, this.#next);
      this.#states = new Map([...this.#states, ...page.people.map(({ account, state }) => [account, state] as const)]);
      this.#count = page.count;
      this.#complete &&= page.complete;
      this.#next = page.next;
    } catch (error) {
      this.#failure = failureSentence(error);
    } finally {
      this.#busy = false;
    }
  }
}
