import type { AccountRepository } from '../accounts/account-repository.ts';
import type { AvatarRepository } from '../accounts/avatar-repository.ts';
import type { InviteRepository } from '../accounts/invite-repository.ts';
import type { PasswordHasher } from '../accounts/password-hasher.ts';
import type { SessionRepository } from '../accounts/session-repository.ts';
import type { Blobs } from '../blobs/blobs.ts';
import type { Database } from '../database/database.ts';
import type { DeviceRepository } from '../devices/device-repository.ts';
import type { KeyPackageRepository } from '../devices/key-package-repository.ts';
import type { ClaimLimits } from '../limits/claim-limits.ts';
import type { LogInDelay } from '../limits/log-in-delay.ts';
import type { Relay } from '../relay/relay.ts';
import type { Retention } from '../retention/retention.ts';
import type { Settings } from '../settings.ts';
import type { HttpRates } from './rate-limits.ts';

/** What routes work with. */
export interface Services {
  readonly settings: Settings;
  readonly database: Database;
  readonly accounts: AccountRepository;
  readonly avatars: AvatarRepository;
  readonly invites: InviteRepository;
  readonly sessions: SessionRepository;
  readonly hasher: PasswordHasher;
  readonly logInDelay: LogInDelay;
  readonly devices: DeviceRepository;
  readonly keyPackages: KeyPackageRepository;
  readonly claimLimits: ClaimLimits;
  readonly relay: Relay;
  readonly blobs: Blobs;
  readonly retention: Retention;
  readonly rates: HttpRates;
}
