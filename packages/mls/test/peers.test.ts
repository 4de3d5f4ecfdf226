import { describe, expect, test } from 'vitest';
import {
  coreCryptoForNode,
  ownImplementation,
  type Peer,
  type PeerCommit,
  type PeerImplementation,
  testIdentity,
  tsMlsImplementation,
} from '../testing/index.ts';

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

const implementations: PeerImplementation[] = [ownImplementation, tsMlsImplementation];
const coreCrypto = await coreCryptoForNode().catch((cause: unknown) => String(cause));
if (typeof coreCrypto !== 'string') implementations.push(coreCrypto);

/** Everyone in one group, and the delivery service between them. */
class Group {
  readonly members: Peer[] = [];
  groupInfo: Uint8Array = new Uint8Array();

  /** The author's commit is accepted, and everyone else processes it. */
  async deliver(author: Peer, pending: PeerCommit): Promise<void> {
    this.groupInfo = await pending.groupInfo();
    await author.accept();
    for (const member of this.members) if (member !== author) await member.process(pending.commit);
  }

  async expectAgreement(): Promise<void> {
    const secrets = await Promise.all(this.members.map((member) => member.exportSecret(32)));
    expect(new Set(secrets.map(hex)).size).toBe(1);
  }

  async expectTalk(): Promise<void> {
    for (const author of this.members) {
      const said = `${author.implementation} at ${Math.random()}`;
      const message = await author.encrypt(new TextEncoder().encode(said));
      for (const reader of this.members) {
        if (reader !== author) expect(text(await reader.decrypt(message))).toBe(said);
      }
    }
  }

  async expectWorking(): Promise<void> {
    await this.expectAgreement();
    await this.expectTalk();
  }

  async add(author: Peer, newcomer: Peer): Promise<void> {
    const pending = await author.add([await newcomer.keyPackage()]);
    await this.deliver(author, pending);
    if (pending.welcome === undefined) throw new Error('no Welcome');
    await newcomer.joinFromWelcome(pending.welcome);
    this.members.push(newcomer);
    await this.expectWorking();
  }

  async update(author: Peer): Promise<void> {
    await this.deliver(author, await author.update());
    await this.expectWorking();
  }

  async joinExternal(newcomer: Peer, options?: { resync?: boolean }): Promise<void> {
    const pending = await newcomer.joinExternal(this.groupInfo, options);
    await this.deliver(newcomer, pending);
    this.members.push(newcomer);
    await this.expectWorking();
  }

  async remove(author: Peer, gone: Peer): Promise<void> {
    this.members.splice(this.members.indexOf(gone), 1);
    await this.deliver(author, await author.remove([gone.identity]));
    await this.expectWorking();
  }
}

const pairs = implementations.flatMap((a) => implementations.map((b) => [a, b] as const));

for (const [a, b] of pairs) {
  describe(`${a.name} and ${b.name}`, () => {
    test('live in one group', async () => {
      const [anna, ben, cleo, dora] = await Promise.all([
        a.create(testIdentity(1)),
        b.create(testIdentity(2)),
        a.create(testIdentity(3)),
        b.create(testIdentity(4)),
      ]);
      const group = new Group();
      await anna.createGroup(new TextEncoder().encode('pair'));
      group.members.push(anna);
      await group.add(anna, ben);
      await group.update(ben);
      await group.update(anna);
      await group.joinExternal(cleo);
      await group.joinExternal(dora);
      await group.update(cleo);
      await group.remove(ben, anna);
      await group.remove(cleo, dora);
      // A refused commit leaves no trace.
      await ben.update();
      await ben.reject();
      await group.update(cleo);
      await group.update(ben);
      // The leaves that were vacated are taken again.
      await group.add(ben, await a.create(testIdentity(5)));
      await group.joinExternal(await b.create(testIdentity(6)));
      await group.remove(cleo, ben);
      await group.update(group.members.at(-1) as Peer);
      for (const member of group.members) await member.dispose();
    });

    test('a device that lost its state comes back', async () => {
      const [anna, ben, lost] = await Promise.all([
        a.create(testIdentity(1)),
        b.create(testIdentity(2)),
        b.create(testIdentity(3)),
      ]);
      const group = new Group();
      await anna.createGroup(new TextEncoder().encode('resync'));
      group.members.push(anna);
      await group.add(anna, ben);
      await group.add(anna, lost);
      group.members.splice(group.members.indexOf(lost), 1);
      await group.joinExternal(await b.create(testIdentity(3)), { resync: true });
      await group.update(ben);
      await group.update(anna);
    });
  });
}

if (typeof coreCrypto === 'string') test.skip(`core-crypto: ${coreCrypto}`, () => undefined);
