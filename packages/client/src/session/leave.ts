import { ProtocolError } from '@undertone/protocol';
import type { RestClient } from '../rest/rest-client.ts';
import type { Leaving, Vaults } from './vaults.ts';

/** How far someone's leaving came. */
export interface LeavingOutcome {
  /** Nothing of theirs is on this browser. */
  readonly isRemoved: boolean;
  /** Nobody is signed in at the server from this browser. */
  readonly isEnded: boolean;
}

/** End the session at the server; one that has ended already is no failure. */
export async function endSession(rest: RestClient): Promise<void> {
  await rest.signOut().catch((error: unknown) => {
    if (!(error instanceof ProtocolError) || error.code !== 'not_signed_in') throw error;
  });
}

/** Whether `step` went through. What did not is told to the person, and stays on record to be tried again. */
async function isDone(step: () => Promise<void>): Promise<boolean> {
  try {
    await step();
    return true;
  } catch {
    return false;
  }
}

async function carryOut(vaults: Vaults, leaving: Leaving, end: () => Promise<void>): Promise<LeavingOutcome> {
  const isRemoved = await isDone(async () => {
    if (leaving.account !== null) await vaults.remove(leaving.account);
    await vaults.setLastAccount(null);
  });
  const isEnded = await isDone(end);
  const account = isRemoved ? null : leaving.account;
  const session = isEnded ? null : leaving.session;
  await isDone(() => vaults.setLeaving(account === null && session === null ? null : { account, session }));
  return { isRemoved, isEnded };
}

/**
 * Remove what an account has on this browser, then end its session. In this order, and noted before it begins: no server and no lost
 * connection can keep anyone's data here, and after a crash the next start goes on.
 */
export async function leave(rest: RestClient, vaults: Vaults, leaving: Leaving): Promise<LeavingOutcome> {
  await isDone(() => vaults.setLeaving(leaving));
  return await carryOut(vaults, leaving, () => endSession(rest));
}

/** Go on with what an earlier `leave` left. A session that began since, by signing in again, is not touched. */
export async function goOnLeaving(rest: RestClient, vaults: Vaults, leaving: Leaving): Promise<LeavingOutcome> {
  return await carryOut(vaults, leaving, async () => {
    if (leaving.session === null) return;
    const present = await rest.me().catch((error: unknown) => {
      if (error instanceof ProtocolError && error.code === 'not_signed_in') return null;
      throw error;
    });
    if (present?.session === leaving.session) await endSession(rest);
  });
}

/** What a person has to know of what is left to do; null where nothing is. */
export function leavingProblem({ isRemoved, isEnded }: LeavingOutcome): string | null {
  if (isRemoved && isEnded) return null;
  const removal = isRemoved
    ? 'Your messages were removed from this browser.'
    : 'Some of your messages may still be on this browser. To remove them, clear this site’s data in the browser’s settings.';
  if (isEnded) return removal;
  return `${removal} The server could not be reached, so this browser may still be signed in. Keep this page open: Undertone signs out as soon as it can. Or clear this site’s cookies.`;
}
