import { type Bytes, concatBytes, equalBytes, noBytes } from '../codec/bytes.ts';
import { encode, opaqueBytes, Writer } from '../codec/writer.ts';
import { MlsError } from '../errors.ts';
import { encodeGroupInfoContent, type GroupInfo } from '../messages/group-info.ts';
import { encodeMlsMessage } from '../messages/mls-message.ts';
import { wireFormats } from '../messages/numbers.ts';
import { nodeLength, type TreeNode, treeNodes, writeOptionalNode } from '../tree/encode-tree.ts';
import type { RatchetTree } from '../tree/ratchet-tree.ts';
import type { MlsClient } from './client.ts';
import { createGroupInfo, groupInfoContent } from './group-info.ts';
import type { GroupState } from './state.ts';

/** Replace `remove` bytes at `offset` of the former bytes by `insert`. */
export interface Splice {
  readonly offset: number;
  readonly remove: number;
  readonly insert: Bytes;
}

/** A group info as a change of the one before it. */
export interface GroupInfoPatch {
  /** Ascending, and not overlapping. */
  readonly splices: readonly Splice[];
  /** The hash (of the cipher suite) of the patched group info. */
  readonly hash: Bytes;
}

/** A part of an encoded group info: bytes at its head or tail, or a node of the tree, which may be blank. */
type Part = Bytes | TreeNode | typeof blank;

const blank = null;

function isBytes(part: Part): part is Bytes {
  return part instanceof Uint8Array;
}

function partLength(part: Part | undefined): number {
  if (part === undefined) return 0;
  return part !== null && isBytes(part) ? part.length : nodeLength(part ?? undefined);
}

function partBytes(part: Part | undefined): Bytes {
  if (part === undefined) return noBytes;
  return part !== null && isBytes(part) ? part : encode(part ?? undefined, writeOptionalNode);
}

function samePart(a: Part | undefined, b: Part | undefined): boolean {
  if (a === b) return true;
  return partLength(a) === partLength(b) && equalBytes(partBytes(a), partBytes(b));
}

/** What follows the tree: confirmation tag, signer, signature. */
function tailBytesOf({ confirmationTag, signature }: Pick<GroupInfo, 'confirmationTag' | 'signature'>): number {
  return opaqueBytes(confirmationTag.length) + 4 + opaqueBytes(signature.length);
}

/** An encoded group info, cut where its parts may change: head, `count` places for nodes, tail. */
function partsOf(message: Bytes, nodes: readonly (TreeNode | undefined)[], count: number, groupInfo: GroupInfo) {
  const treeEnd = message.length - tailBytesOf(groupInfo);
  const treeStart = treeEnd - nodes.reduce((sum, node) => sum + nodeLength(node), 0);
  const parts: (Part | undefined)[] = new Array(count + 2);
  parts[0] = message.subarray(0, Math.max(treeStart, 0));
  for (let i = 0; i < count; i++) parts[i + 1] = i < nodes.length ? (nodes[i] ?? blank) : undefined;
  parts[count + 1] = message.subarray(treeEnd);
  return parts;
}

/** Compares place by place; where one has no part, the other's is removed or inserted. Neighbours make one splice. */
function splicesBetween(before: readonly (Part | undefined)[], after: readonly (Part | undefined)[]): Splice[] {
  const splices: { offset: number; remove: number; insert: Bytes }[] = [];
  let offset = 0;
  let wasSame = true;
  for (const [i, old] of before.entries()) {
    const same = samePart(old, after[i]);
    if (!same) {
      if (wasSame) splices.push({ offset, remove: 0, insert: noBytes });
      const splice = splices.at(-1) as (typeof splices)[number];
      splice.remove += partLength(old);
      splice.insert = concatBytes(splice.insert, partBytes(after[i]));
    }
    wasSame = same;
    offset += partLength(old);
  }
  return splices;
}

interface FormerGroupInfo {
  /** MLSMessage(GroupInfo). */
  readonly message: Bytes;
  readonly groupInfo: GroupInfo;
  readonly tree: RatchetTree;
}

/** The new group info with the splices that make it from the former one. */
async function splicedFrom(
  client: MlsClient,
  former: FormerGroupInfo,
  after: GroupState,
): Promise<{ message: Bytes; splices: Splice[] }> {
  const groupInfo = await createGroupInfo(client, after);
  const message = encodeMlsMessage({ wireFormat: wireFormats.groupInfo, groupInfo });
  const [before, now] = [treeNodes(former.tree), treeNodes(after.tree)];
  const count = Math.max(before.length, now.length);
  const splices = splicesBetween(
    partsOf(former.message, before, count, former.groupInfo),
    partsOf(message, now, count, groupInfo),
  );
  return { message, splices };
}

/**
 * The group info of `after` as a change of that of the epoch before, which whoever committed to that epoch has published. Its signer
 * and signature are not known here; their lengths are, and they are replaced.
 */
export async function createGroupInfoPatch(
  client: MlsClient,
  before: GroupState,
  after: GroupState,
): Promise<GroupInfoPatch> {
  const content = await groupInfoContent(before, 0, {});
  const signature = new Uint8Array(client.suite.signature.signatureBytes);
  const groupInfo: GroupInfo = { ...content, signedPart: encodeGroupInfoContent(content), signature };
  const message = encodeMlsMessage({ wireFormat: wireFormats.groupInfo, groupInfo });
  const spliced = await splicedFrom(client, { message, groupInfo, tree: before.tree }, after);
  return { splices: spliced.splices, hash: await client.suite.hash.digestLarge(spliced.message) };
}

/** As {@link createGroupInfoPatch}, for who joined from outside and has the former group info itself. */
export async function createGroupInfoPatchFrom(
  client: MlsClient,
  former: FormerGroupInfo,
  after: GroupState,
): Promise<GroupInfoPatch> {
  const { message, splices } = await splicedFrom(client, former, after);
  const hash = await client.suite.hash.digestLarge(message);
  if (equalBytes(applySplices(former.message, splices), message)) return { splices, hash };
  // Another implementation may order extensions otherwise, and then the cuts are not where they seem.
  return { splices: [{ offset: 0, remove: former.message.length, insert: message }], hash };
}

/** The patched bytes. Whoever applies a patch from outside compares their hash. */
export function applySplices(before: Uint8Array, splices: readonly Splice[]): Bytes {
  const writer = new Writer(before.length + 1024);
  let at = 0;
  for (const { offset, remove, insert } of splices) {
    if (!(offset >= at && remove >= 0 && offset + remove <= before.length))
      throw new MlsError('malformed', 'a patch for other bytes');
    writer.fixed(before.subarray(at, offset)).fixed(insert);
    at = offset + remove;
  }
  return writer.fixed(before.subarray(at)).finish();
}
