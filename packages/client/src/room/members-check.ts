import { parseIdentity } from '@undertone/identity';
import type { GroupState } from '@undertone/mls';
import { type Member, members } from '@undertone/mls/profile';
import type { RoomDeps } from './room-deps.ts';

/** Fetch the key logs behind these leaves in few requests, before they are asked for one by one. */
export async function loadIdentities({ identities }: RoomDeps, leaves: readonly Member[]): Promise<void> {
  await identities.load(leaves.flatMap(({ identity }) => parseIdentity(identity)?.account ?? []));
}

async function check(deps: RoomDeps, state: GroupState): Promise<GroupState> {
  await loadIdentities(deps, members(state));
  return await deps.engine.verifyMembers(state);
}

/**
 * Verifies the members of a group that was entered from outside (SPEC R7). It is begun when the commit is sent and has to be through
 * when that is adopted; whoever asks while it is under way waits for the same one. One that failed is made again when asked for.
 */
export class MembersCheck {
  readonly #deps: RoomDeps;
  readonly #running = new WeakMap<GroupState, Promise<GroupState>>();

  constructor(deps: RoomDeps) {
    this.#deps = deps;
  }

  /** The state with all members verified. Rejects with `MlsError` if one of them is not who its leaf says. */
  verified(state: GroupState): Promise<GroupState> {
    if (state.treeVerified) return Promise.resolve(state);
    const running =
      this.#running.get(state) ??
      check(this.#deps, state).catch((error: unknown) => {
        this.#running.delete(state);
        throw error;
      });
    this.#running.set(state, running);
    return running;
  }
}
