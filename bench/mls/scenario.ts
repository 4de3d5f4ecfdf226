import {
  countPrimitives,
  EnginePeer,
  OwnPeer,
  openPopulatedGroup,
  type Peer,
  type PeerImplementation,
  type PopulatedGroup,
  type PrimitiveCounts,
  storedBytes,
  testIdentity,
} from '@undertone/mls/testing';
import { noSamples, type Operation, operations, type Plan, type Samples } from './operations.ts';

export interface ScenarioResult {
  readonly samples: Samples;
  /** Of our own engine. */
  readonly primitives: Partial<Record<Operation, PrimitiveCounts[]>>;
  /** What our own engine has to write after each commit and message. */
  readonly stored: Partial<Record<Operation, number[]>>;
  readonly groupInfoBytes: number;
}

const messageBytes = 200;

/**
 * One device of the engine under test among `group`'s members, all others of which are played by the member at leaf 0 and by
 * newcomers. What it is given to read is made between the measurements.
 */
export class Scenario {
  readonly #implementation: PeerImplementation;
  readonly #group: PopulatedGroup;
  readonly #samples = noSamples();
  readonly #primitives: Partial<Record<Operation, PrimitiveCounts[]>> = {};
  readonly #stored: Partial<Record<Operation, number[]>> = {};
  #nextUser: number;

  constructor(implementation: PeerImplementation, group: PopulatedGroup) {
    this.#implementation = implementation;
    this.#group = group;
    this.#nextUser = group.members;
  }

  #newIdentity(): Uint8Array {
    return testIdentity(this.#nextUser++);
  }

  /** Measures one call; with `counting`, counts its primitives instead, which takes time. */
  async #measure(operation: Operation, counting: boolean, peer: Peer, run: () => Promise<unknown>): Promise<void> {
    if (counting) {
      const before = peer instanceof EnginePeer && peer.isMember ? peer.state : undefined;
      const counts = await countPrimitives(run);
      this.#primitives[operation] = [...(this.#primitives[operation] ?? []), counts];
      if (peer instanceof EnginePeer) {
        this.#stored[operation] = [...(this.#stored[operation] ?? []), storedBytes(before, peer.state)];
      }
      return;
    }
    const start = performance.now();
    await run();
    this.#samples[operation].push(performance.now() - start);
  }

  async #joinExternally(groupInfo: Uint8Array, counting: boolean): Promise<void> {
    const peer = await this.#implementation.create(this.#newIdentity());
    await this.#measure('external join', counting, peer, async () => {
      await peer.joinExternal(groupInfo);
      await peer.accept();
    });
    await peer.dispose();
  }

  async #joinByWelcome(driver: OwnPeer, counting: boolean): Promise<Peer> {
    const peer = await this.#implementation.create(this.#newIdentity());
    const { welcome } = await driver.add([await peer.keyPackage()]);
    if (welcome === undefined) throw new Error('no Welcome');
    await this.#measure('join from Welcome', counting, peer, () => peer.joinFromWelcome(welcome));
    return peer;
  }

  /** One commit of each kind, after which the group is as large as before. */
  async #processCommits(driver: OwnPeer, peer: Peer, counting: boolean): Promise<void> {
    const newcomer = await OwnPeer.create(this.#newIdentity());
    const joining = await newcomer.joinExternal(await driver.groupInfo());
    await driver.process(joining.commit);
    await this.#measure('process an external commit', counting, peer, () => peer.process(joining.commit));
    const update = await driver.update();
    await driver.accept();
    await this.#measure('process an update', counting, peer, () => peer.process(update.commit));
    const removal = await driver.remove([newcomer.identity]);
    await driver.accept();
    await this.#measure('process a remove', counting, peer, () => peer.process(removal.commit));
    const invited = await OwnPeer.create(this.#newIdentity());
    const adding = await driver.add([await invited.keyPackage()]);
    await driver.accept();
    await this.#measure('process an add', counting, peer, () => peer.process(adding.commit));
    const undo = await driver.remove([invited.identity]);
    await driver.accept();
    await this.#measure('process a remove', counting, peer, () => peer.process(undo.commit));
  }

  async #exchange(driver: OwnPeer, peer: Peer, counting: boolean): Promise<void> {
    const plaintext = crypto.getRandomValues(new Uint8Array(messageBytes));
    await this.#measure('encrypt 200 B', counting, peer, () => peer.encrypt(plaintext));
    const message = await driver.encrypt(plaintext);
    await this.#measure('decrypt 200 B', counting, peer, () => peer.decrypt(message));
  }

  async #pass({ joins, commits, messages }: Plan, counting: boolean): Promise<number> {
    const { client, state } = await openPopulatedGroup(this.#group);
    const driver = OwnPeer.of(client, state);
    const groupInfo = await driver.groupInfo();
    for (let i = 0; i < joins; i++) await this.#joinExternally(groupInfo, counting);
    // The last one stays.
    for (let i = 1; i < joins; i++) await (await this.#joinByWelcome(driver, counting)).dispose();
    const peer = await this.#joinByWelcome(driver, counting);
    await driver.accept();
    for (let i = 0; i < commits; i++) await this.#processCommits(driver, peer, counting);
    for (let i = 0; i < messages; i++) await this.#exchange(driver, peer, counting);
    await peer.dispose();
    return groupInfo.length;
  }

  async run(plan: Plan): Promise<ScenarioResult> {
    // So that the code is compiled: the first call of everything is slower by far.
    const warmUp = { joins: 1, commits: Math.min(1, plan.commits), messages: Math.min(20, plan.messages) };
    await this.#pass({ ...plan, ...warmUp }, false);
    for (const operation of operations) this.#samples[operation].length = 0;
    const groupInfoBytes = await this.#pass(plan, false);
    // The first message of an epoch costs more; the median is of the others.
    if (plan.engine === 'undertone') await this.#pass({ ...plan, joins: 1, commits: 1, messages: 5 }, true);
    return { samples: this.#samples, primitives: this.#primitives, stored: this.#stored, groupInfoBytes };
  }
}
