import { randomUUID } from 'node:crypto';
import {
  type AccountId,
  brokenPasswordRules,
  ProtocolError,
  type SignUpRequest,
  usernameProblem,
} from '@undertone/protocol';
import { commonPasswords } from '@undertone/protocol/common-passwords';
import { joinRoom } from '../../relay/membership.ts';
import { lobbySlug } from '../../rooms/lobby.ts';
import type { Services } from '../services.ts';

/** Fails with `weak_password`, which names the broken rules (SPEC A2). */
export function requireGoodPassword(password: string): void {
  const rules = brokenPasswordRules(password, commonPasswords);
  if (rules.length > 0) throw new ProtocolError('weak_password', { rules });
}

async function requireRegistration({ settings, invites }: Services, invite: string | undefined): Promise<void> {
  if (settings.registration === 'closed') throw new ProtocolError('registration_closed');
  if (settings.registration === 'open') return;
  if (invite === undefined || invite === '') throw new ProtocolError('invite_required');
  if (!(await invites.isValid(invite))) throw new ProtocolError('invalid_invite');
}

/** Make an account (SPEC A1, A2); it is in the lobby from the start. */
export async function signUp(services: Services, request: SignUpRequest): Promise<AccountId> {
  const { accounts, avatars, invites, hasher, relay, settings } = services;
  await requireRegistration(services, request.invite);
  const problem = usernameProblem(request.username);
  if (problem !== undefined) throw new ProtocolError('invalid_username', { problem });
  requireGoodPassword(request.password);
  if (await accounts.isTaken(request.username)) throw new ProtocolError('username_taken');

  const id = randomUUID() as AccountId;
  const passwordHash = await hasher.hash(request.password);
  const lobby = await relay.rooms.bySlug(lobbySlug);
  await relay.change(async (tx, outbox) => {
    const avatarHash = request.avatar === undefined ? null : await avatars.put(tx, request.avatar);
    const { username, displayName = null } = request;
    await accounts.create(tx, { id, username, passwordHash, displayName, avatarHash });
    if (settings.registration === 'invite') await invites.redeem(tx, request.invite ?? '', id);
    if (lobby !== undefined) await joinRoom(tx, outbox, lobby, id);
  });
  return id;
}
