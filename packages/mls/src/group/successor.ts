import { equalBytes } from '../codec/bytes.ts';
import { MlsError, must } from '../errors.ts';
import type { KeyPackage } from '../messages/key-package.ts';
import { proposalTypes, pskTypes, resumptionUsages } from '../messages/numbers.ts';
import type { Proposal } from '../messages/proposal.ts';
import type { ResumptionUsage } from '../messages/psk-id.ts';
import { occupiedSlots } from '../tree/subtree.ts';
import { sameClient } from './authentication.ts';
import type { MlsClient } from './client.ts';
import { type CreatedCommit, createFoundingCommit } from './create-commit.ts';
import { createGroup } from './create-group.ts';
import type { GroupState } from './state.ts';

function resumption({ suite, context }: GroupState, usage: ResumptionUsage): Proposal {
  const nonce = crypto.getRandomValues(new Uint8Array(suite.hash.bytes));
  const { groupId, epoch } = context;
  return { type: proposalTypes.preSharedKey, psk: { type: pskTypes.resumption, usage, groupId, epoch, nonce } };
}

function adds(keyPackages: readonly KeyPackage[]): Proposal[] {
  return keyPackages.map((keyPackage) => ({ type: proposalTypes.add, keyPackage }));
}

/** Whether these key packages are of the former members, apart from the founder: all of them, or some (RFC 9420 §11.2, §11.3). */
function assertFormerMembers(former: GroupState, keyPackages: readonly KeyPackage[], all: boolean): void {
  const members = occupiedSlots(former.tree.root).filter(({ firstLeaf }) => firstLeaf !== former.leafIndex);
  const known = keyPackages.every(({ leafNode }) => members.some(({ leaf }) => sameClient(leaf, leafNode)));
  const complete = members.every(({ leaf }) => keyPackages.some(({ leafNode }) => sameClient(leaf, leafNode)));
  must(known && (!all || (complete && members.length === keyPackages.length)), 'successor_members');
}

/** Founds the group that a ReInit asked for, with all its former members (RFC 9420 §11.2). */
export async function foundSuccessor(
  client: MlsClient,
  former: GroupState,
  keyPackages: readonly KeyPackage[],
): Promise<CreatedCommit> {
  const { reInit } = former;
  if (reInit === undefined) throw new MlsError('misuse', 'the group was not closed by a ReInit');
  if (reInit.cipherSuite !== client.suite.id) throw new MlsError('misuse', 'the successor has another cipher suite');
  assertFormerMembers(former, keyPackages, true);
  const state = await createGroup(client, reInit.groupId, { extensions: reInit.extensions });
  const proposals = [...adds(keyPackages), resumption(former, resumptionUsages.reInit)];
  return createFoundingCommit(client, state, former, proposals);
}

/** Founds a group of some members of another (RFC 9420 §11.3). */
export async function foundBranch(
  client: MlsClient,
  former: GroupState,
  groupId: Uint8Array,
  keyPackages: readonly KeyPackage[],
): Promise<CreatedCommit> {
  if (equalBytes(groupId, former.context.groupId)) throw new MlsError('misuse', 'a branch has a group id of its own');
  assertFormerMembers(former, keyPackages, false);
  const state = await createGroup(client, groupId, { extensions: former.context.extensions });
  const proposals = [...adds(keyPackages), resumption(former, resumptionUsages.branch)];
  return createFoundingCommit(client, state, former, proposals);
}
