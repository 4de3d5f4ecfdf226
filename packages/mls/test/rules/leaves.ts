import type { MlsClient } from '../../src/group/client.ts';
import { createCommit } from '../../src/group/create-commit.ts';
import { processMessage } from '../../src/group/process-message.ts';
import { referenceOfProposal } from '../../src/group/propose.ts';
import { requiredCapabilitiesExtension } from '../../src/messages/extension.ts';
import type { Capabilities } from '../../src/messages/leaf-node.ts';
import {
  contentTypes,
  credentialTypes,
  leafNodeSources,
  proposalTypes,
  wireFormats,
} from '../../src/messages/numbers.ts';
import { clientNamed, groupOf, Member, newcomer } from '../flows/members.ts';
import { forgedCommit, forgedPublic, forgedUpdate, type PathEdit, pathOf, randomBytes } from '../support/hostile.ts';
import { forgedAdd, type KeyPackageEdit } from '../support/hostile-key-packages.ts';
import { type Attempt, type RuleCase, receiving } from './rule-case.ts';

type Two = [Member, Member, Member];
const three = async (): Promise<Two> => (await groupOf(['a', 'b', 'c'])) as Two;

function withCapabilities(client: MlsClient, change: Partial<Capabilities>): MlsClient {
  return { ...client, capabilities: { ...client.capabilities, ...change } };
}

/** A hostile member commits a path whose leaf is not as it should be. */
async function pathLeaf(edit: (a: Member, c: Member) => PathEdit): Promise<Attempt> {
  const [a, b, c] = await three();
  return receiving(b, await forgedCommit(a, [], await pathOf(a, edit(a, c))));
}

/** The same in an Update of its own, which another hostile member commits. */
async function updatedLeaf(edit: (c: Member) => NonNullable<Parameters<typeof forgedUpdate>[1]>): Promise<Attempt> {
  const [a, b, c] = await three();
  const proposal = await forgedUpdate(c, edit(c));
  const message = await forgedPublic(c, { type: contentTypes.proposal, proposal });
  b.state = (await processMessage(b.client, b.state, message)).state;
  if (message.wireFormat !== wireFormats.publicMessage) throw new Error('not public');
  const reference = referenceOfProposal(b.state.suite, message.publicMessage.content);
  return receiving(b, await forgedCommit(a, [{ kind: 'reference', reference }], await pathOf(a)));
}

/** A hostile member adds a key package. */
async function added(client: MlsClient, edit?: KeyPackageEdit): Promise<Attempt> {
  const [a, b] = await three();
  return receiving(b, await forgedCommit(a, [await forgedAdd(client, edit)]));
}

async function addedWith(change: Partial<Capabilities>): Promise<Attempt> {
  return added(withCapabilities(await clientNamed('x'), change));
}

/** Leaf nodes (RFC 9420 §7.2, §7.3), wherever they come from, and key packages (§10.1). */
export const leafCases: readonly RuleCase[] = [
  {
    rule: 'leaf_source',
    how: 'the leaf of a path is that of an Update',
    attempt: () => pathLeaf(() => ({ source: { type: leafNodeSources.update } })),
  },
  {
    rule: 'leaf_source',
    how: 'the leaf of an Update is that of a commit',
    attempt: () => updatedLeaf(() => ({ source: { type: leafNodeSources.commit, parentHash: randomBytes() } })),
  },
  {
    rule: 'leaf_source',
    how: 'the leaf of a key package is that of an Update',
    attempt: async () => added(await clientNamed('x'), { source: { type: leafNodeSources.update } }),
  },
  {
    rule: 'leaf_version',
    how: 'of a path',
    attempt: () => pathLeaf(({ client }) => ({ client: withCapabilities(client, { versions: [] }) })),
  },
  {
    rule: 'leaf_version',
    how: 'of an Update',
    attempt: () => updatedLeaf(({ client }) => ({ client: withCapabilities(client, { versions: [2] }) })),
  },
  { rule: 'leaf_version', how: 'of a key package', attempt: () => addedWith({ versions: [] }) },
  {
    rule: 'leaf_cipher_suite',
    how: 'of a path',
    attempt: () => pathLeaf(({ client }) => ({ client: withCapabilities(client, { cipherSuites: [2] }) })),
  },
  { rule: 'leaf_cipher_suite', how: 'of a key package', attempt: () => addedWith({ cipherSuites: [] }) },
  {
    rule: 'leaf_credential_type',
    how: 'of a path',
    attempt: () =>
      pathLeaf(({ client }) => ({ client: withCapabilities(client, { credentials: [credentialTypes.x509] }) })),
  },
  { rule: 'leaf_credential_type', how: 'of a key package', attempt: () => addedWith({ credentials: [] }) },
  {
    rule: 'leaf_extension',
    how: 'of a path',
    attempt: () =>
      pathLeaf(({ client }) => ({ client: { ...client, leafExtensions: [{ type: 0xff00, data: randomBytes() }] } })),
  },
  {
    rule: 'extension_repeated',
    how: 'in the leaf of a path',
    attempt: () =>
      pathLeaf(({ client }) => ({
        client: { ...client, leafExtensions: [1, 1].map((type) => ({ type, data: randomBytes() })) },
      })),
  },
  {
    rule: 'extension_repeated',
    how: 'in a key package',
    attempt: async () =>
      added(await clientNamed('x'), { extensions: [1, 1].map((type) => ({ type, data: randomBytes() })) }),
  },
  {
    rule: 'leaf_required_capabilities',
    how: 'a key package without what the group requires',
    async attempt() {
      const required = requiredCapabilitiesExtension({
        extensions: [],
        proposals: [],
        credentials: [credentialTypes.basic],
      });
      const [a, b] = (await groupOf(['a', 'b'], [required])) as [Member, Member];
      const client = withCapabilities(await clientNamed('x'), { credentials: [credentialTypes.x509] });
      const x509 = { ...client, credential: { type: credentialTypes.x509, content: randomBytes() } };
      return receiving(b, await forgedCommit(a, [await forgedAdd(x509)]));
    },
  },
  {
    rule: 'credential_not_understood',
    how: 'a key package with a credential that others do not know, nor it theirs',
    async attempt() {
      const client = withCapabilities(await clientNamed('x'), { credentials: [credentialTypes.x509] });
      return added({ ...client, credential: { type: credentialTypes.x509, content: randomBytes() } });
    },
  },
  {
    rule: 'credential_not_understood',
    how: 'a path with a credential that others do not know',
    attempt: () =>
      pathLeaf(({ client }) => ({
        client: {
          ...withCapabilities(client, { credentials: [credentialTypes.basic, credentialTypes.x509] }),
          credential: { type: credentialTypes.x509, content: randomBytes() },
        },
      })),
  },
  {
    rule: 'leaf_encryption_key',
    how: 'a short one in a path',
    attempt: () => pathLeaf(() => ({ leafKey: randomBytes(31) })),
  },
  {
    rule: 'leaf_encryption_key',
    how: 'a key package with one of small order, to which nobody can encrypt',
    attempt: async () => added(await clientNamed('x'), { leafKey: new Uint8Array(32) }),
  },
  {
    rule: 'leaf_signature',
    how: 'the leaf of a path was signed for another place',
    attempt: () => pathLeaf(() => ({ signedFor: 1 })),
  },
  {
    rule: 'leaf_signature',
    how: 'the leaf of an Update was signed for another group',
    attempt: () => updatedLeaf(() => ({ groupId: randomBytes() })),
  },
  {
    rule: 'leaf_signature',
    how: "the leaf of an Update has someone else's key",
    attempt: () =>
      updatedLeaf(({ client }) => ({
        client: { ...client, signer: { publicKey: randomBytes(), privateKey: client.signer.privateKey } },
      })),
  },
  {
    rule: 'leaf_signature',
    how: 'a key package with the leaf of someone else',
    attempt: async () => added(await clientNamed('x'), { leafClient: await clientNamed('y') }),
  },
  {
    rule: 'leaf_not_vouched_for',
    how: 'a path with a credential for which nobody vouches',
    async attempt() {
      const [a, b] = await three();
      const client = { ...b.client, authentication: { validate: async () => false } };
      return receiving(new Member(client, b.state), await forgedCommit(a, [], await pathOf(a)));
    },
  },
  {
    rule: 'encryption_key_repeated',
    how: 'a key package with the key of a member',
    async attempt() {
      const [a, b, c] = await three();
      const { publicKey } = c.state.privateKeys.get(4) ?? { publicKey: randomBytes() };
      const add = await forgedAdd(await clientNamed('x'), { leafKey: publicKey });
      return receiving(b, await forgedCommit(a, [add]));
    },
  },
  {
    rule: 'signature_key_repeated',
    how: 'a key package with the signature key of a member',
    async attempt() {
      const [a, b, c] = await three();
      return receiving(b, await forgedCommit(a, [await forgedAdd(c.client)]));
    },
  },
  {
    rule: 'signature_key_repeated',
    how: 'a path with the signature key of another member',
    attempt: () => pathLeaf((_, { client }) => ({ client })),
  },
  {
    rule: 'key_package_suite',
    how: 'another version',
    attempt: async () => added(await clientNamed('x'), { version: 2 }),
  },
  {
    rule: 'key_package_suite',
    how: 'another suite',
    attempt: async () => added(await clientNamed('x'), { cipherSuite: 2 }),
  },
  {
    rule: 'key_package_init_key',
    how: 'a short one',
    attempt: async () => added(await clientNamed('x'), { initKey: randomBytes(31) }),
  },
  {
    rule: 'key_package_init_key',
    how: 'the encryption key once more',
    async attempt() {
      const key = randomBytes();
      return added(await clientNamed('x'), { initKey: key, leafKey: key });
    },
  },
  {
    rule: 'key_package_init_key',
    how: 'one of small order, to which nobody can encrypt',
    attempt: async () => added(await clientNamed('x'), { initKey: new Uint8Array(32) }),
  },
  ...[-100n, 100n].map(
    (shift): RuleCase => ({
      rule: 'key_package_lifetime',
      how: `added ${shift} seconds beside it`,
      async attempt() {
        const [a] = await three();
        const { own } = await newcomer('x');
        const client = { ...a.client, now: () => a.client.now() + shift };
        const add = { type: proposalTypes.add, keyPackage: own.keyPackage } as const;
        return { states: [a.state], run: () => createCommit(client, a.state, { proposals: [add] }) };
      },
    }),
  ),
];
