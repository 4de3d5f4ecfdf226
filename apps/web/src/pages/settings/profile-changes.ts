import type { Profile, UpdateProfileRequest } from '@undertone/protocol';

interface ProfileValues {
  readonly displayName: string;
  /** The chosen picture as requests carry it; `undefined`: none was chosen. */
  readonly avatar: string | undefined;
  readonly removeAvatar: boolean;
}

/** What differs from `profile`; an empty request means that there is nothing to save. */
export function profileChanges(profile: Profile, values: ProfileValues): UpdateProfileRequest {
  const displayName = values.displayName.trim() || null;
  const changes: UpdateProfileRequest = {};
  if (displayName !== profile.displayName) changes.displayName = displayName;
  if (values.avatar !== undefined) changes.avatar = values.avatar;
  else if (values.removeAvatar && profile.avatar !== null) changes.avatar = null;
  return changes;
}
