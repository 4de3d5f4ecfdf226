import type { RoomView } from '@undertone/client/view';

/**
 * What to say where a room's history ends. `days`: after which the server removes messages; 0 for never, undefined where it is not known.
 */
export function retentionSentence(
  { emptied }: Pick<RoomView, 'emptied'>,
  days: number | undefined,
): string | undefined {
  const removes = days ? `this server removes messages after ${days === 1 ? 'a day' : `${days} days`}` : undefined;
  if (emptied)
    return removes ? `Earlier messages are not kept: ${removes}.` : 'Earlier messages are not kept by this server.';
  if (removes) return `T${removes.slice(1)}. What a browser has read by then stays in it.`;
  return undefined;
}
