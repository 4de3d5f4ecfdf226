import { expect } from 'vitest';
import { type Bytes, textBytes } from '../../src/codec/bytes.ts';
import { suite1 } from '../../src/crypto/suites.ts';
import type { MlsClient } from '../../src/group/client.ts';
import { type CommitOptions, type CreatedCommit, createCommit } from '../../src/group/create-commit.ts';
import { createGroup } from '../../src/group/create-group.ts';
import { joinFromWelcome, type WelcomeOptions } from '../../src/group/join-welcome.ts';
import { generateKeyPackage, type OwnedKeyPackage } from '../../src/group/key-package.ts';
import { type ProcessedMessage, processMessage } from '../../src/group/process-message.ts';
import type { GroupState } from '../../src/group/state.ts';
import { verifyHere } from '../../src/group/verify-signatures.ts';
import { limits } from '../../src/limits.ts';
import { basicCredential } from '../../src/messages/credential.ts';
import type { Extension } from '../../src/messages/extension.ts';
import { decodeMlsMessage } from '../../src/messages/mls-message.ts';
import { credentialTypes, mls10, proposalTypes, wireFormats } from '../../src/messages/numbers.ts';
import { toHex } from '../vectors/load.ts';

const psks = new Map([[toHex(textBytes('shared')), textBytes('a key that all have agreed on')]]);

/** A client that trusts everyone and follows no policy but RFC 9420. */
export async function clientNamed(name: string, changes: Partial<MlsClient> = {}): Promise<MlsClient> {
  return {
    suite: suite1,
    credential: basicCredential(textBytes(name)),
    signer: await suite1.signature.generateKeyPair(false),
    capabilities: {
      versions: [mls10],
      cipherSuites: [suite1.id],
      extensions: [],
      proposals: [],
      credentials: [credentialTypes.basic],
    },
    leafExtensions: [],
    authentication: { validate: async () => true },
    psks: async (id) => psks.get(toHex(id)),
    policy: undefined,
    verifySignatures: verifyHere,
    pastEpochs: 2,
    skippedKeys: limits.skippedKeys,
    resumptionPsks: 2,
    now: () => BigInt(Math.floor(Date.now() / 1000)),
    lifetime: { before: 60n, after: 60n },
    ...changes,
  };
}

/** A client with its state of one group. */
export class Member {
  readonly client: MlsClient;
  state: GroupState;

  constructor(client: MlsClient, state: GroupState) {
    this.client = client;
    this.state = state;
  }

  async receive(message: Bytes): Promise<ProcessedMessage> {
    const processed = await processMessage(this.client, this.state, decodeMlsMessage(message));
    this.state = processed.state;
    return processed;
  }
}

/** That all are in the same epoch with the same secrets. */
export function expectAgreement(members: readonly Member[]): void {
  const authenticators = new Set(members.map(({ state }) => toHex(state.secrets.epochAuthenticator)));
  expect(authenticators.size).toBe(1);
}

/** Sends a message to all others. */
export async function deliver(message: Bytes, from: Member, to: readonly Member[]): Promise<void> {
  for (const member of to) if (member !== from) await member.receive(message);
}

export async function welcomed(
  client: MlsClient,
  own: OwnedKeyPackage,
  welcome: Bytes | undefined,
  options: WelcomeOptions = {},
): Promise<Member> {
  const message = decodeMlsMessage(welcome as Bytes);
  if (message.wireFormat !== wireFormats.welcome) throw new Error('no Welcome');
  return new Member(client, await joinFromWelcome(client, message.welcome, own, options));
}

/** Commits, delivers the commit to all who stay, and lets all who are added join. */
export async function commit(
  committer: Member,
  members: readonly Member[],
  options: CommitOptions = {},
  newcomers: readonly { client: MlsClient; own: OwnedKeyPackage }[] = [],
): Promise<{ created: CreatedCommit; joined: Member[] }> {
  const adds = newcomers.map(({ own: { keyPackage } }) => ({ type: proposalTypes.add, keyPackage }) as const);
  const created = await createCommit(committer.client, committer.state, {
    ...options,
    proposals: [...(options.proposals ?? []), ...adds],
  });
  await deliver(created.commit, committer, members);
  committer.state = created.state;
  const joined: Member[] = [];
  for (const { client, own } of newcomers) joined.push(await welcomed(client, own, created.welcome));
  const present = [...members, ...joined].filter(({ state }) => state.status !== 'removed');
  expectAgreement([...present, committer]);
  return { created, joined };
}

export async function newcomer(name: string): Promise<{ client: MlsClient; own: OwnedKeyPackage }> {
  const client = await clientNamed(name);
  return { client, own: await generateKeyPackage(client) };
}

/** A group with a member for each name, all added by the first in one commit with a path. */
export async function groupOf(names: readonly string[], extensions: readonly Extension[] = []): Promise<Member[]> {
  const [first = 'founder', ...others] = names;
  const client = await clientNamed(first);
  const founder = new Member(client, await createGroup(client, textBytes('group'), { extensions }));
  if (others.length === 0) return [founder];
  const newcomers = await Promise.all(others.map(newcomer));
  const { joined } = await commit(founder, [founder], { path: true }, newcomers);
  return [founder, ...joined];
}
