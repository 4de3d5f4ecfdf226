import { type AccountId, type DeviceId, ProtocolError, type RoomKind } from '@undertone/protocol';

/** A device that a commit adds, as the server knows it. Devices that are not in the list do not exist. */
export interface KnownDevice {
  readonly device: DeviceId;
  readonly account: AccountId;
  readonly active: boolean;
  /** Whether its account is in the room. */
  readonly member: boolean;
}

export interface RosterRow {
  readonly device: DeviceId;
  readonly account: AccountId;
  readonly removalPending: boolean;
}

/** What the sender of a commit declares, and what the server knows of it. */
export interface RosterDeclaration {
  readonly kind: RoomKind;
  readonly sender: DeviceId;
  readonly external: boolean;
  readonly hasWelcome: boolean;
  readonly added: readonly DeviceId[];
  readonly removed: readonly DeviceId[];
  readonly roster: readonly RosterRow[];
  readonly known: readonly KnownDevice[];
}

/** What a declared change means for memberships of a thread. */
export interface MembershipChange {
  readonly invited: AccountId[];
  readonly excluded: AccountId[];
}

const mismatch = (reason: string): ProtocolError => new ProtocolError('roster_mismatch', { reason });

function checkExternal({ sender, hasWelcome, added, removed, roster }: RosterDeclaration): MembershipChange {
  if (hasWelcome) throw mismatch('an external commit has no Welcome');
  if (added.length !== 1 || added[0] !== sender) throw mismatch('an external commit adds its sender and nobody else');
  const inTree = roster.some((row) => row.device === sender);
  if (inTree ? removed.length !== 1 || removed[0] !== sender : removed.length > 0) {
    throw mismatch('an external commit removes the leaf that its sender has in the tree, and no other');
  }
  return { invited: [], excluded: [] };
}

/**
 * The accounts that an active device excludes from a thread: each with all of its devices that are on the roster, and never its own.
 * In a public room anyone could exclude anyone, who would just join again.
 */
function checkExcluded({ kind, sender, added, removed, roster }: RosterDeclaration): AccountId[] {
  const gone = new Set(removed);
  const own = roster.find((row) => row.device === sender)?.account;
  const active = roster.filter((row) => gone.has(row.device) && !row.removalPending);
  const excluded = new Set(active.map(({ account }) => account));
  if (excluded.size === 0) return [];
  if (kind === 'public') throw mismatch('only devices whose removal is pending may be removed');
  if (added.length > 0) throw mismatch('a commit that removes a member adds nobody');
  if (own !== undefined && excluded.has(own)) throw mismatch('nobody removes devices of their own account');
  if (roster.some((row) => excluded.has(row.account) && !gone.has(row.device))) {
    throw mismatch('a member is removed with all devices or none');
  }
  return [...excluded];
}

function checkInternal(declaration: RosterDeclaration): MembershipChange {
  const { kind, sender, hasWelcome, added, removed, roster, known } = declaration;
  const rows = new Map(roster.map((row) => [row.device, row]));
  const devices = new Map(known.map((device) => [device.device, device]));
  const own = rows.get(sender);
  if (own === undefined || own.removalPending) throw new ProtocolError('not_in_group');
  if (hasWelcome !== added.length > 0) throw mismatch('a Welcome goes with additions, and only with them');
  if (removed.some((device) => !rows.has(device))) throw mismatch('a removed device is not in the tree');
  const excluded = checkExcluded(declaration);
  const invited = new Set<AccountId>();
  for (const id of added) {
    const device = devices.get(id);
    if (device === undefined || !device.active) throw mismatch('an added device is not an active device');
    if (rows.has(id)) throw mismatch('an added device is in the tree already');
    if (device.member) continue;
    if (kind === 'public') throw mismatch('an added device belongs to nobody in the room');
    invited.add(device.account);
  }
  return { invited: [...invited], excluded };
}

/**
 * SPEC R3: whether the declared change is one that the sender may make. Returns the accounts that it invites to a thread or excludes
 * from it; fails with `roster_mismatch`, or `not_in_group` where the sender of an ordinary commit is not an active device of the roster.
 */
export function checkRosterChange(declaration: RosterDeclaration): MembershipChange {
  const { added, removed } = declaration;
  if (new Set(added).size < added.length || new Set(removed).size < removed.length) {
    throw mismatch('a device is named twice');
  }
  return declaration.external ? checkExternal(declaration) : checkInternal(declaration);
}
