import type { GroupState } from '@undertone/mls';
import type { ClientFrame } from '@undertone/protocol';
import type { Ghost } from './ghost.ts';

/** What a member of a group can read of what someone else sent, from a state on. */
export async function overheard(
  engine: Ghost['engine'],
  state: GroupState,
  sent: readonly ClientFrame[],
): Promise<string[]> {
  const read: string[] = [];
  let present = state;
  for (const frame of sent) {
    if (frame.type === 'commit') {
      const done = await engine.processCommit(present, frame.commit).catch(() => undefined);
      if (done === undefined || done.removedSelf) continue;
      present = done.state;
    } else if (frame.type === 'send' && frame.kind === 'message') {
      const opened = await engine.decrypt(present, frame.body).catch(() => undefined);
      if (opened === undefined) continue;
      present = opened.state;
      read.push(new TextDecoder().decode(opened.plaintext));
    }
  }
  return read;
}
