import { describe, expect, it } from 'vitest';
import { type Bytes, concatBytes } from '../../src/codec/bytes.ts';
import { decode } from '../../src/codec/reader.ts';
import { encode, Writer } from '../../src/codec/writer.ts';
import { suite1 } from '../../src/crypto/suites.ts';
import { joinExternal } from '../../src/group/join-external.ts';
import { generateKeyPackage } from '../../src/group/key-package.ts';
import { processMessage } from '../../src/group/process-message.ts';
import { limits } from '../../src/limits.ts';
import type { GroupInfo } from '../../src/messages/group-info.ts';
import { encodeLeafNodeContent, makeLeafNode } from '../../src/messages/leaf-node.ts';
import { decodeMlsMessage, encodeMlsMessage } from '../../src/messages/mls-message.ts';
import {
  extensionTypes,
  leafNodeSources,
  mls10,
  proposalTypes,
  pskTypes,
  wireFormats,
} from '../../src/messages/numbers.ts';
import type { Proposal } from '../../src/messages/proposal.ts';
import { decodeTree } from '../../src/tree/encode-tree.ts';
import { parentHash } from '../../src/tree/parent-hash.ts';
import { treeOf } from '../../src/tree/ratchet-tree.ts';
import { branch, isBranch, leafSlot, type ParentNode, type Subtree } from '../../src/tree/subtree.ts';
import { validateTree } from '../../src/tree/validate-tree.ts';
import { clientNamed, groupOf, type Member } from '../flows/members.ts';
import { forgedCommit, pathOf, randomBytes } from '../support/hostile.ts';
import { forgedGroup } from '../support/hostile-groups.ts';
import { forgedAdd } from '../support/hostile-key-packages.ts';
import { isLongRun } from '../support/random.ts';

/** Of the processor, whatever else the machine does. Generous: what is quadratic takes minutes at these sizes. */
const maxMs = 5_000;
const maxHeapBytes = 1_200 * 1024 * 1024;

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function expectRefusedSoon(run: () => unknown, expected: object): Promise<void> {
  const before = process.memoryUsage();
  const started = cpuMs();
  const outcome = await (async () => run())().then(
    () => 'accepted',
    (error: unknown) => error,
  );
  const tookMs = cpuMs() - started;
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  expect(outcome).toMatchObject(expected);
  expect(tookMs).toBeLessThan(maxMs);
  expect(heapUsed + arrayBuffers - before.heapUsed - before.arrayBuffers).toBeLessThan(maxHeapBytes);
}

const messageHead = (wireFormat: number) => new Writer().uint16(mls10).uint16(wireFormat).finish();
const opaque = (bytes: Uint8Array): Bytes => new Writer(bytes.length + 8).opaque(bytes).finish();

describe('what is small on the wire and large in memory', () => {
  const room = limits.messageBytes - 1024;

  it('a tree of blanks', async () => {
    for (const length of [1024 * 1024, room]) {
      await expectRefusedSoon(() => decodeTree(opaque(new Uint8Array(length))), { code: 'malformed' });
    }
  });

  it('a Welcome for millions, each entry three bytes', async () => {
    const welcome = concatBytes(
      messageHead(wireFormats.welcome),
      new Uint8Array([0, 1]),
      opaque(new Uint8Array(room)),
      new Uint8Array([0]),
    );
    await expectRefusedSoon(() => decodeMlsMessage(welcome), { code: 'malformed' });
  });

  it('a path node with millions of ciphertexts, each two bytes', async () => {
    const [a, b] = (await groupOf(['a', 'b'])) as [Member, Member];
    const path = await pathOf(a);
    const message = await forgedCommit(a, [], path);
    const encoded = encodeMlsMessage(message);
    await expect(processMessage(b.client, b.state, decodeMlsMessage(encoded))).rejects.toMatchObject({
      rule: 'confirmation_tag',
    });
    // From the start of the path's nodes on, other bytes.
    const node = concatBytes(opaque(randomBytes()), opaque(new Uint8Array(room - 2000)));
    const head = encoded.subarray(0, encoded.length - pathTail(encoded, path.leafNode.bytes));
    await expectRefusedSoon(() => decodeMlsMessage(concatBytes(head, opaque(node), opaque(new Uint8Array(64)))), {
      code: 'malformed',
    });
  });

  it('a group context with millions of extensions, each three bytes', async () => {
    const context = new Writer()
      .uint16(mls10)
      .uint16(1)
      .opaque(randomBytes())
      .uint64(0n)
      .opaque(randomBytes())
      .opaque(randomBytes());
    const bytes = concatBytes(
      messageHead(wireFormats.groupInfo),
      context.finish(),
      opaque(new Uint8Array(room - 1000)),
    );
    await expectRefusedSoon(() => decodeMlsMessage(bytes), { code: 'malformed' });
  });

  it('more bytes than a message may have', async () => {
    await expectRefusedSoon(() => decodeMlsMessage(new Uint8Array(limits.messageBytes + 1)), { code: 'malformed' });
  });
});

/** How much of a commit's encoding follows the leaf of its path. */
function pathTail(encoded: Bytes, leaf: Bytes): number {
  const at = Buffer.from(encoded).indexOf(Buffer.from(leaf));
  return encoded.length - at - leaf.length;
}

/** A leaf that nobody signed: signatures are checked last. */
function unsignedLeaf(parent?: Bytes) {
  const content = {
    encryptionKey: randomBytes(),
    signatureKey: randomBytes(),
    credential: { type: 1, content: randomBytes(4) },
    capabilities: { versions: [mls10], cipherSuites: [1], extensions: [], proposals: [], credentials: [1] },
    source:
      parent === undefined
        ? { type: leafNodeSources.keyPackage, lifetime: { notBefore: 0n, notAfter: 1n } }
        : { type: leafNodeSources.commit, parentHash: parent },
    extensions: [],
  } as const;
  return makeLeafNode(content, encodeLeafNodeContent(content), randomBytes(64));
}

function blanks(
  height: number,
  firstLeaf: number,
  leaf: (leafIndex: number) => Subtree,
  parent: (at: Subtree[]) => ParentNode | undefined,
): Subtree {
  if (height === 0) return leaf(firstLeaf);
  const left = blanks(height - 1, firstLeaf, leaf, parent);
  const right = blanks(height - 1, firstLeaf + 2 ** (height - 1), leaf, parent);
  return branch(parent([left, right]), left, right);
}

const height = isLongRun ? 15 : 13;
const leafCount = 2 ** height;

async function groupInfoWith(
  root: (founder: Awaited<ReturnType<typeof clientNamed>>) => Promise<Subtree>,
): Promise<GroupInfo> {
  const founder = await clientNamed('founder');
  const { groupInfo } = await forgedGroup(founder, treeOf(await root(founder)));
  return groupInfo;
}

describe(`hostile trees of ${leafCount} leaves`, () => {
  async function withParents(parent: (at: Subtree[]) => ParentNode | undefined): Promise<GroupInfo> {
    return groupInfoWith(async (founder) => {
      const { keyPackage } = await generateKeyPackage(founder);
      return blanks(
        height,
        0,
        (leafIndex) => leafSlot(leafIndex, leafIndex === 0 ? keyPackage.leafNode : unsignedLeaf()),
        parent,
      );
    });
  }

  const listed = ([left, right]: Subtree[], all: boolean): number[] => {
    const { firstLeaf } = left as Subtree;
    const count = 2 * 2 ** (right as Subtree).height;
    return Array.from({ length: count - (all ? 0 : 1) }, (_, i) => firstLeaf + i + (all ? 0 : 1));
  };

  it('every parent lists all leaves as unmerged', async () => {
    const groupInfo = await withParents((at) => ({
      encryptionKey: randomBytes(),
      parentHash: new Uint8Array(),
      unmergedLeaves: listed(at, true),
    }));
    const client = await clientNamed('stranger');
    await expectRefusedSoon(() => joinExternal(client, groupInfo), { rule: 'parent_hash_invalid' });
  });

  it('every parent on the left lists all leaves but one, and is linked rightly', async () => {
    // From the root down the left edge: each is linked to the one below, the last to leaf 0.
    const groupInfo = await groupInfoWith(async (founder) => {
      const { keyPackage } = await generateKeyPackage(founder);
      const plain = blanks(
        height,
        0,
        (leafIndex) => leafSlot(leafIndex, leafIndex === 0 ? keyPackage.leafNode : unsignedLeaf()),
        () => undefined,
      );
      const linked = (at: Subtree, hash: Bytes): Subtree => {
        if (!isBranch(at)) return leafSlot(0, unsignedLeaf(hash));
        const parent = {
          encryptionKey: randomBytes(),
          parentHash: hash,
          unmergedLeaves: listed([at.left, at.right], false),
        };
        return branch(parent, linked(at.left, parentHash(suite1.hash, parent, at.right)), at.right);
      };
      return linked(plain, new Uint8Array());
    });
    const client = await clientNamed('stranger');
    // The founder's leaf is not the one it signs with: the tree is not looked at before that is known.
    await expectRefusedSoon(() => joinExternal(client, groupInfo), { rule: 'group_info_signature' });
    const { extensions } = groupInfo;
    const data = extensions.find(({ type }) => type === extensionTypes.ratchetTree)?.data ?? new Uint8Array();
    const started = cpuMs();
    validateTree(suite1.hash, decodeTree(data));
    expect(cpuMs() - started).toBeLessThan(maxMs);
  });
});

describe('hostile commits', () => {
  async function refusal(proposals: (a: Member) => Promise<readonly Proposal[]>, expected: object): Promise<void> {
    const [a, b] = (await groupOf(['a', 'b', 'c'])) as [Member, Member];
    const message = await forgedCommit(a, await proposals(a), await pathOf(a));
    await expectRefusedSoon(
      () => processMessage(b.client, b.state, decodeMlsMessage(encodeMlsMessage(message))),
      expected,
    );
  }
  const many = <T>(item: (i: number) => T, count: number = limits.proposals): T[] =>
    Array.from({ length: count }, (_, i) => item(i));
  const remove = (removed: number): Proposal => ({ type: proposalTypes.remove, removed });

  it('one proposal too many', () =>
    refusal(async () => many(() => remove(2), limits.proposals + 1), { code: 'malformed' }));

  it('Removes of as many leaves', () => refusal(async () => many((i) => remove(i + 3)), { rule: 'leaf_missing' }));

  it('pre-shared keys, all different', () =>
    refusal(
      async () =>
        many(() => ({
          type: proposalTypes.preSharedKey,
          psk: { type: pskTypes.external, id: randomBytes(), nonce: randomBytes() },
        })),
      { code: 'unknown_psk' },
    ));

  it('Adds, of which the last is bad', () =>
    refusal(
      async () => {
        const x = await clientNamed('x');
        const adds = many((i) => i, 1024).map(async (i) => {
          const signer = { ...x.signer, publicKey: randomBytes() };
          return forgedAdd({ ...x, signer }, i === 1023 ? { cipherSuite: 2 } : {});
        });
        return Promise.all(adds);
      },
      { rule: 'key_package_suite' },
    ));
});

it('lengths of 2^30 - 1 promise nothing', async () => {
  const length = new Uint8Array([0xbf, 0xff, 0xff, 0xff]);
  await expectRefusedSoon(() => decode(length, (reader) => reader.opaque()), { code: 'malformed' });
  await expectRefusedSoon(() => decode(length, (reader) => reader.vector((item) => item.uint8())), {
    code: 'malformed',
  });
  await expectRefusedSoon(() => decodeTree(encode(length, (writer, bytes) => void writer.fixed(bytes))), {
    code: 'malformed',
  });
});
