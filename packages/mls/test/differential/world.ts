import { expect } from 'vitest';
import { testIdentity } from '../../testing/identities.ts';
import type { Peer, PeerCommit, PeerImplementation } from '../../testing/peer.ts';

const text = new TextEncoder();
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** The only disorder that core-crypto lets pass: its window is one generation wide. */
function neighboursSwapped(length: number): number[] {
  return Array.from({ length }, (_, i) => (i % 2 === 1 ? i - 1 : Math.min(i + 1, length - 1)));
}

/**
 * A group whose members run different implementations, and the delivery service's part. After every commit all live members must have
 * the same exported secret. Ghosts are members that are only in the tree: they make it large without anybody running them.
 */
export class World {
  readonly #implementations: readonly PeerImplementation[];
  readonly live: Peer[] = [];
  readonly ghosts: Uint8Array[] = [];
  readonly #former: Uint8Array[] = [];
  #groupInfo: Uint8Array = new Uint8Array();
  #made = 0;

  private constructor(implementations: readonly PeerImplementation[]) {
    this.#implementations = implementations;
  }

  static async begin(implementations: readonly PeerImplementation[], founder: number, groupId: string): Promise<World> {
    const world = new World(implementations);
    const peer = await world.make(founder);
    await peer.createGroup(text.encode(groupId));
    world.live.push(peer);
    const first = await peer.update();
    await peer.accept();
    world.#groupInfo = await first.groupInfo();
    return world;
  }

  get size(): number {
    return this.live.length + this.ghosts.length;
  }

  /** A device of the chosen implementation; a former member's identity comes back now and then. */
  make(choice: number): Promise<Peer> {
    const implementation = this.#implementations[choice % this.#implementations.length] as PeerImplementation;
    const again = choice % 3 === 0 ? this.#former.pop() : undefined;
    return implementation.create(again ?? testIdentity(++this.#made));
  }

  async expectAgreement(): Promise<void> {
    const secrets = await Promise.all(this.live.map(async (peer) => hex(await peer.exportSecret(32))));
    expect(
      new Set(secrets),
      this.live.map((peer, i) => `${peer.implementation} ${secrets[i]}`).join('\n'),
    ).toHaveLength(1);
  }

  /** The delivery service takes a commit: everyone else processes it, and once more, which must be refused. */
  async accept(author: Peer, made: PeerCommit, twice = false): Promise<void> {
    const groupInfo = await made.groupInfo();
    for (const peer of this.live) {
      if (peer === author) continue;
      await peer.process(made.commit);
      if (twice) await expect(peer.process(made.commit)).rejects.toThrow();
    }
    await author.accept();
    this.#groupInfo = groupInfo;
    await this.expectAgreement();
  }

  async add(author: Peer, newcomers: readonly Peer[]): Promise<void> {
    const keyPackages = await Promise.all(newcomers.map((peer) => peer.keyPackage()));
    const made = await author.add(keyPackages);
    await this.accept(author, made);
    for (const peer of newcomers) await peer.joinFromWelcome(made.welcome as Uint8Array);
    this.live.push(...newcomers);
    await this.expectAgreement();
  }

  /** Leaves whose owners never follow, added at once: the tree below them stays blank, and they stay unmerged. */
  async addGhosts(author: Peer, maker: PeerImplementation, count: number): Promise<void> {
    const peers = await Promise.all(Array.from({ length: count }, () => maker.create(testIdentity(++this.#made))));
    const keyPackages = await Promise.all(peers.map((peer) => peer.keyPackage()));
    await this.accept(author, await author.add(keyPackages));
    this.ghosts.push(...peers.map(({ identity }) => identity));
    for (const peer of peers) await peer.dispose();
  }

  /** Ghosts that come in by external commit: each leaves a populated path behind. */
  async joinGhost(maker: PeerImplementation): Promise<void> {
    const peer = await maker.create(testIdentity(++this.#made));
    await this.accept(peer, await peer.joinExternal(this.#groupInfo));
    this.ghosts.push(peer.identity);
    await peer.dispose();
  }

  async remove(author: Peer, gone: readonly Uint8Array[]): Promise<void> {
    const isGone = (identity: Uint8Array) => gone.some((other) => hex(other) === hex(identity));
    const made = await author.remove(gone);
    const leaving = this.live.filter(({ identity }) => isGone(identity));
    for (const peer of leaving) this.live.splice(this.live.indexOf(peer), 1);
    for (const identity of this.ghosts.filter(isGone)) this.ghosts.splice(this.ghosts.indexOf(identity), 1);
    await this.accept(author, made);
    for (const peer of leaving) await peer.dispose();
    this.#former.push(...gone);
  }

  async joinExternal(peer: Peer): Promise<void> {
    const made = await peer.joinExternal(this.#groupInfo);
    await this.accept(peer, made);
    this.live.push(peer);
    await this.expectAgreement();
  }

  /** A device loses its state and comes back over its former leaf, possibly with another implementation. */
  async resync(lost: Peer, choice: number): Promise<void> {
    const implementation = this.#implementations[choice % this.#implementations.length] as PeerImplementation;
    this.live.splice(this.live.indexOf(lost), 1);
    await lost.dispose();
    const back = await implementation.create(lost.identity);
    await this.accept(back, await back.joinExternal(this.#groupInfo, { resync: true }));
    this.live.push(back);
    await this.expectAgreement();
  }

  /** Two commit to one epoch: the loser drops its own and follows the winner's. */
  async race(winner: Peer, loser: Peer): Promise<void> {
    const [won] = [await winner.update(), await loser.update()];
    await loser.reject();
    await this.accept(winner, won, true);
  }

  /** Messages that arrive in another order than they were sent in, and twice. */
  async talk(author: Peer, order: readonly number[]): Promise<void> {
    const sent: Uint8Array[] = [];
    for (const [i] of order.entries()) sent.push(await author.encrypt(text.encode(`message ${i}`)));
    for (const peer of this.live) {
      if (peer === author) continue;
      for (const i of peer.implementation === 'core-crypto' ? neighboursSwapped(order.length) : order) {
        const message = sent[i] as Uint8Array;
        expect(new TextDecoder().decode(await peer.decrypt(message))).toBe(`message ${i}`);
        await expect(peer.decrypt(message)).rejects.toThrow();
      }
    }
  }

  async end(): Promise<void> {
    for (const peer of this.live) await peer.dispose();
  }
}
