import { limits } from '@undertone/protocol';
import { isOneEmoji } from '../content/emoji.ts';
import type { AnnotationRecord } from '../storage/records.ts';

/** Words of one account on different emoji at one message: nobody crowds out the others (SPEC C8). */
export const reactionsPerAccount = 16;

/** The newest of each group, by `groupOf`. `newestFirst` is sorted so. */
function newestOfEach(
  newestFirst: readonly AnnotationRecord[],
  groupOf: (annotation: AnnotationRecord) => string,
): AnnotationRecord[] {
  const groups = new Set<string>();
  return newestFirst.filter((annotation) => {
    const group = groupOf(annotation);
    const isNewest = !groups.has(group);
    groups.add(group);
    return isNewest;
  });
}

/** The first `most` of each group, in the order in which they are given. */
function firstOfEach(
  annotations: readonly AnnotationRecord[],
  most: number,
  groupOf: (annotation: AnnotationRecord) => string,
): AnnotationRecord[] {
  const counts = new Map<string, number>();
  return annotations.filter((annotation) => {
    const group = groupOf(annotation);
    const count = (counts.get(group) ?? 0) + 1;
    counts.set(group, count);
    return count <= most;
  });
}

/** Edits and deletions by another device than the one that they name never count (SPEC C7). */
const isClaimed = ({ device, target }: AnnotationRecord): boolean => device === target.device;

/**
 * Of what was done at one place of the log, what can count (SPEC C5, C7, C8, C10), in the log's order. The bounds are per account or
 * device, whatever the message that is named there. They choose by place alone, so a part of the log may be thinned out by this, and the rest
 * be added later and in any order: the outcome is that of the whole. Nobody can make a reader keep more than a few of each kind.
 */
export function countedAnnotations(annotations: readonly AnnotationRecord[]): AnnotationRecord[] {
  const inOrder = annotations.toSorted((a, b) => a.seq - b.seq);
  const newestFirst = inOrder.toReversed();
  const of = (kind: AnnotationRecord['effect']['kind'], list: readonly AnnotationRecord[]) =>
    list.filter(({ effect }) => effect.kind === kind);
  const reactions = newestOfEach(
    of('react', newestFirst).filter(({ effect }) => effect.kind === 'react' && isOneEmoji(effect.emoji)),
    ({ account, effect }) => `${account}/${effect.kind === 'react' ? effect.emoji : ''}`,
  );
  const deletions = firstOfEach(of('delete', inOrder).filter(isClaimed), 1, ({ device }) => device);
  // Nothing stays of an edit where its own device took back what it said.
  const tookBack = new Set(deletions.map(({ device }) => device));
  const edits = of('edit', inOrder).filter((edit) => isClaimed(edit) && !tookBack.has(edit.device));
  const answers = newestOfEach(
    of('answer', newestFirst),
    ({ account, effect }) => `${account}/${effect.kind === 'answer' ? effect.answer : ''}`,
  );
  const kept = new Set([
    ...of('hide', inOrder),
    ...firstOfEach(reactions, reactionsPerAccount, ({ account }) => account),
    ...deletions,
    ...firstOfEach(edits, limits.editsPerMessage, ({ device }) => device),
    ...answers,
  ]);
  return inOrder.filter((annotation) => kept.has(annotation));
}
