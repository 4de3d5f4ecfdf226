import { equalBytes } from '../codec/bytes.ts';
import { must } from '../errors.ts';
import { sameExtensions } from '../messages/extension.ts';
import type { GroupContext } from '../messages/group-context.ts';
import { resumptionUsages } from '../messages/numbers.ts';
import type { PskId } from '../messages/psk-id.ts';
import type { RatchetTree } from '../tree/ratchet-tree.ts';
import { occupiedSlots } from '../tree/subtree.ts';
import { clientKey } from './authentication.ts';
import { linksGroups, type ResumptionPskId } from './psks.ts';
import type { GroupState } from './state.ts';

function clientsOf({ root }: RatchetTree): string[] {
  return Array.from(occupiedSlots(root), ({ leaf }) => clientKey(leaf));
}

/** Whether every client of one tree has a leaf in the other. */
function allAreIn(some: RatchetTree, all: RatchetTree): boolean {
  const known = new Set(clientsOf(all));
  return clientsOf(some).every((client) => known.has(client));
}

/** A branch has the former group's suite and no members but its (RFC 9420 §11.3). */
function assertBranch(
  { context: former, tree: formerTree }: GroupState,
  context: GroupContext,
  tree: RatchetTree,
): void {
  must(context.version === former.version && context.cipherSuite === former.cipherSuite, 'successor_parameters');
  must(allAreIn(tree, formerTree), 'branch_members');
}

/** A successor is what the ReInit of the former group's last commit says, and has all its members (RFC 9420 §11.2). */
function assertReInit(
  { context: former, tree: formerTree, reInit }: GroupState,
  { epoch }: ResumptionPskId,
  context: GroupContext,
  tree: RatchetTree,
): void {
  must(
    reInit !== undefined &&
      epoch === former.epoch &&
      equalBytes(reInit.groupId, context.groupId) &&
      reInit.version === context.version &&
      reInit.cipherSuite === context.cipherSuite &&
      sameExtensions(reInit.extensions, context.extensions),
    'successor_parameters',
  );
  must(allAreIn(formerTree, tree), 'reinit_members');
}

/** What a joiner checks of a group that follows another one (RFC 9420 §12.4.3.1): its first commit makes its epoch 1. */
export function assertSuccession(
  psks: readonly PskId[],
  context: GroupContext,
  tree: RatchetTree,
  formerGroups: readonly GroupState[],
): void {
  const links = psks.filter(linksGroups);
  const [link] = links;
  if (link === undefined) return;
  must(links.length === 1, 'successor_links');
  must(context.epoch === 1n, 'successor_epoch');
  const former = formerGroups.find((group) => equalBytes(group.context.groupId, link.groupId));
  must(former !== undefined, 'successor_parameters');
  if (link.usage === resumptionUsages.branch) assertBranch(former, context, tree);
  else assertReInit(former, link, context, tree);
}
