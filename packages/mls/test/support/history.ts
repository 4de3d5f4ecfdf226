import { textBytes } from '../../src/codec/bytes.ts';
import { encryptApplication } from '../../src/group/application.ts';
import type { MlsClient } from '../../src/group/client.ts';
import { type CreatedCommit, createCommit } from '../../src/group/create-commit.ts';
import { createGroup } from '../../src/group/create-group.ts';
import { createGroupInfo } from '../../src/group/group-info.ts';
import { joinExternal } from '../../src/group/join-external.ts';
import { generateKeyPackage } from '../../src/group/key-package.ts';
import { propose, proposeUpdate } from '../../src/group/propose.ts';
import type { GroupState } from '../../src/group/state.ts';
import { proposalTypes } from '../../src/messages/numbers.ts';
import type { Proposal } from '../../src/messages/proposal.ts';
import { clientNamed, expectAgreement, Member, welcomed } from '../flows/members.ts';
import { below, oneOf, type Random } from './random.ts';

/** What looks at a history while it happens. */
export interface Watcher {
  /** A member's state has followed another. `before` is undefined for one who has just joined. */
  stepped?(member: Member, before: GroupState | undefined): Promise<void> | void;
  /** A commit exists for its author, and may be lost or sent. */
  created?(author: Member, created: CreatedCommit): Promise<void> | void;
}

/** A group that lives through random operations, all members in step. */
export class History {
  readonly live: Member[] = [];
  readonly gone: Member[] = [];
  readonly #random: Random;
  readonly #client: (name: string) => Promise<MlsClient>;
  readonly #watcher: Watcher;
  #named = 0;

  private constructor(random: Random, watcher: Watcher, client: (name: string) => Promise<MlsClient>) {
    this.#random = random;
    this.#watcher = watcher;
    this.#client = client;
  }

  static async begin(
    random: Random,
    watcher: Watcher = {},
    client = (name: string) => clientNamed(name),
  ): Promise<History> {
    const history = new History(random, watcher, client);
    const founder = await history.#newClient();
    await history.#entered(new Member(founder, await createGroup(founder, textBytes('group'))));
    return history;
  }

  #newClient(): Promise<MlsClient> {
    return this.#client(`member ${this.#named++}`);
  }

  async #entered(member: Member): Promise<void> {
    this.live.push(member);
    await this.#watcher.stepped?.(member, undefined);
  }

  async #follow(member: Member, step: () => Promise<unknown>): Promise<void> {
    const before = member.state;
    await step();
    await this.#watcher.stepped?.(member, before);
  }

  #adopt(member: Member, state: GroupState): Promise<void> {
    return this.#follow(member, async () => {
      member.state = state;
    });
  }

  async #deliver(message: Uint8Array<ArrayBuffer>, from: Member): Promise<void> {
    for (const member of this.live) if (member !== from) await this.#follow(member, () => member.receive(message));
    this.gone.push(...this.live.filter(({ state }) => state.status === 'removed'));
    this.live.splice(0, this.live.length, ...this.live.filter(({ state }) => state.status !== 'removed'));
  }

  get anybody(): Member {
    return oneOf(this.#random, this.live);
  }

  #format() {
    return oneOf(this.#random, ['public', 'private'] as const);
  }

  /** One commit; at times it is lost after it was made, and made again. */
  async commit(author: Member, proposals: Proposal[], path: boolean): Promise<CreatedCommit> {
    const options = { proposals, path, format: this.#format() };
    let created = await createCommit(author.client, author.state, options);
    await this.#watcher.created?.(author, created);
    if (this.#random() < 0.25 && created.current !== undefined) {
      await this.#adopt(author, created.current);
      created = await createCommit(author.client, author.state, options);
      await this.#watcher.created?.(author, created);
    }
    await this.#deliver(created.commit, author);
    await this.#adopt(author, created.state);
    expectAgreement(this.live);
    return created;
  }

  async add(count: number): Promise<void> {
    const clients = await Promise.all(Array.from({ length: count }, () => this.#newClient()));
    const newcomers = await Promise.all(
      clients.map(async (client) => ({ client, own: await generateKeyPackage(client) })),
    );
    const proposals = newcomers.map(({ own }) => ({ type: proposalTypes.add, keyPackage: own.keyPackage }) as const);
    const { welcome } = await this.commit(this.anybody, proposals, this.#random() < 0.4);
    for (const { client, own } of newcomers) await this.#entered(await welcomed(client, own, welcome));
    expectAgreement(this.live);
  }

  async remove(): Promise<void> {
    const [author, victim] = this.#two();
    if (victim) await this.commit(author, [{ type: proposalTypes.remove, removed: victim.state.leafIndex }], false);
  }

  #two(): [Member, Member | undefined] {
    const first = this.anybody;
    const others = this.live.filter((member) => member !== first);
    return [first, others.length === 0 ? undefined : oneOf(this.#random, others)];
  }

  async update(): Promise<void> {
    await this.commit(this.anybody, [], true);
  }

  /** A proposal that some later commit takes up, unless another commit comes first. */
  async propose(): Promise<void> {
    const [author, other] = this.#two();
    const options = { format: this.#format() };
    const sent =
      other === undefined || this.#random() < 0.7
        ? await proposeUpdate(author.client, author.state, options)
        : await propose(
            author.client,
            author.state,
            { type: proposalTypes.remove, removed: other.state.leafIndex },
            options,
          );
    await this.#adopt(author, sent.state);
    await this.#deliver(sent.message, author);
  }

  /** By someone new, or by one who has lost its state. */
  async joinExternally(): Promise<void> {
    const lost = this.live.length > 2 && this.#random() < 0.4 ? this.anybody : undefined;
    const host = oneOf(
      this.#random,
      this.live.filter((member) => member !== lost),
    );
    const groupInfo = await createGroupInfo(host.client, host.state);
    const client = lost?.client ?? (await this.#newClient());
    const joined = await joinExternal(client, groupInfo, { resync: true });
    if (lost !== undefined) this.live.splice(this.live.indexOf(lost), 1);
    await this.#deliver(joined.commit, new Member(client, joined.state));
    if (lost === undefined) await this.#entered(new Member(client, joined.state));
    else {
      this.live.push(lost);
      await this.#adopt(lost, joined.state);
    }
    expectAgreement(this.live);
  }

  /** Some messages of one member, to all others in an order of their own; some are lost. */
  async talk(): Promise<void> {
    const author = this.anybody;
    // Proposals come before messages (RFC 9420 §12.4).
    if (author.state.proposals.size > 0) return this.update();
    const messages: Uint8Array<ArrayBuffer>[] = [];
    for (let i = 0; i <= below(this.#random, 4); i++) {
      const { message, state } = await encryptApplication(author.client, author.state, textBytes(`message ${i}`));
      await this.#adopt(author, state);
      messages.push(message);
    }
    for (const member of this.live) {
      if (member === author) continue;
      const order = messages.filter(() => this.#random() < 0.8).sort(() => this.#random() - 0.5);
      for (const message of order) await this.#follow(member, () => member.receive(message));
    }
  }

  /** One random operation. */
  async step(maxMembers = 12): Promise<void> {
    const room = maxMembers - this.live.length;
    const dice = this.#random();
    if (dice < 0.2 && room > 0) return this.add(1 + below(this.#random, Math.min(room, 4)));
    if (dice < 0.3) return this.remove();
    if (dice < 0.45) return this.update();
    if (dice < 0.65) return this.propose();
    if (dice < 0.75 && room > 0) return this.joinExternally();
    return this.talk();
  }
}
