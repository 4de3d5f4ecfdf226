import { type AccountId, type Me, ProtocolError } from '@undertone/protocol';
import type { ActiveSession } from '../accounts/session-repository.ts';
import type { Services } from './services.ts';

/** Who the session speaks for. */
export async function describeMe(
  { accounts }: Services,
  session: Pick<ActiveSession, 'id' | 'account' | 'device'>,
): Promise<Me> {
  const self = await accounts.self(session.account);
  if (self === undefined) throw new ProtocolError('not_signed_in');
  const { profile, devices, presence } = self;
  return { account: profile, session: session.id, device: session.device, devices, presence, now: Date.now() };
}

/** Tell everyone that the account's profile or identity changed (SPEC I5). */
export async function tellAccount({ accounts, relay }: Services, account: AccountId): Promise<void> {
  const self = await accounts.self(account);
  if (self === undefined) return;
  relay.bus.publish({ kind: 'broadcast', frame: { type: 'account', profile: self.profile, root: self.root } });
}
