import { type Member, members } from '@undertone/mls/profile';
import type { AccountId } from '@undertone/protocol';
import { OfflineError } from '../rest/rest-client.ts';
import { CoreError } from '../view/core.ts';
import type { GroupSteps } from './group-steps.ts';
import { keyPackagesOf } from './key-packages-of.ts';
import type { RoomStore } from './room-store.ts';
import { deviceOf } from './roster.ts';

interface Request {
  readonly kind: 'add' | 'remove';
  readonly accounts: readonly AccountId[];
  resolve(): void;
  reject(error: unknown): void;
}

/** The driver's steps that add accounts to a thread and remove them from it, as the person asked. */
export class MemberSteps {
  readonly #store: RoomStore;
  readonly #groupSteps: GroupSteps;
  readonly #requests: Request[] = [];

  constructor(store: RoomStore, groupSteps: GroupSteps) {
    this.#store = store;
    this.#groupSteps = groupSteps;
  }

  /** Ask for a change when there is a step for it; resolves when the server has accepted it. */
  request(kind: Request['kind'], accounts: readonly AccountId[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#requests.push({ kind, accounts, resolve, reject });
    });
  }

  get hasRequests(): boolean {
    return this.#requests.length > 0;
  }

  /**
   * Bring the first request forward. Nobody is added while there is someone in the thread who was not accepted: who is added accepts everyone
   * who is there (SPEC V3). Removing is what helps then, so it always goes on.
   */
  async next(blocked: boolean): Promise<boolean> {
    const request = this.#requests[0];
    if (request === undefined || this.#store.group === null) return false;
    try {
      if (request.kind === 'add' && blocked) {
        throw new CoreError({
          code: 'identity_changed',
          message: 'You have not accepted everyone in this chat. Accept or remove them before you add people.',
        });
      }
      // Settled by the next steps; asked again then, and found to be done.
      const proposed =
        request.kind === 'add' ? await this.#add(request.accounts) : await this.#remove(request.accounts);
      if (proposed) return true;
      this.#requests.shift();
      request.resolve();
    } catch (error) {
      this.#requests.shift();
      request.reject(error);
    }
    return true;
  }

  async #add(accounts: readonly AccountId[]): Promise<boolean> {
    const { deps, record } = this.#store;
    const missing = accounts.filter((account) => !record.members.includes(account));
    if (missing.length === 0) return false;
    const { keyPackages, lastResort } = await keyPackagesOf(deps, missing);
    await this.#groupSteps.propose((group, data) => deps.engine.add(group, [...keyPackages], data), { lastResort });
    return true;
  }

  async #remove(accounts: readonly AccountId[]): Promise<boolean> {
    const { deps, group } = this.#store;
    const leaves = (group === null ? [] : members(group)).filter((leaf) => {
      return accounts.includes(deviceOf(leaf).account) && !this.#isOwn(leaf);
    });
    if (leaves.length === 0) return false;
    const indexes = leaves.map(({ leafIndex }) => leafIndex);
    await this.#groupSteps.propose((present, data) => deps.engine.remove(present, indexes, data));
    return true;
  }

  /** Of one's own account only what goes by one's name with another root is removed: one leaves by leaving. */
  #isOwn(leaf: Member): boolean {
    const { identities } = this.#store.deps;
    const { account, device } = deviceOf(leaf);
    const root = identities.rootOf(account, device, leaf.signatureKey);
    return identities.isOwn(account) && root === identities.pinnedRoot(account);
  }

  /** Nobody is added or removed any more. */
  stop(): void {
    for (const request of this.#requests.splice(0)) request.reject(new OfflineError());
  }
}
