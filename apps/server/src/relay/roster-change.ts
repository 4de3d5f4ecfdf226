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

const mismatch = (reason: string): ProtocolError => new ProtocolError('roster_mismatch', { reason });

function checkExternal({ sender, hasWelcome, added, removed, roster }: RosterDeclaration): AccountId[] {
  if (hasWelcome) throw mismatch('an external commit has no Welcome');
  if (added.length !== 1 || added[0] !== sender) throw mismatch('an external commit adds its sender and nobody else');
  const inTree = roster.some((row) => row.device === sender);
  if (inTree ? removed.length !== 1 || removed[0] !== sender : removed.length > 0) {
    throw mismatch('an external commit removes the leaf that its sender has in the tree, and no other');
  }
  return [];
}

function checkInternal(declaration: RosterDeclaration): AccountId[] {
  const { kind, sender, hasWelcome, added, removed, roster, known } = declaration;
  const rows = new Map(roster.map((row) => [row.device, row]));
  const devices = new Map(known.map((device) => [device.device, device]));
  const own = rows.get(sender);
  if (own === undefined || own.removalPending) throw new ProtocolError('not_in_group');
  if (hasWelcome !== added.length > 0) throw mismatch('a Welcome goes with additions, and only with them');
  for (const device of removed) {
    if (!rows.get(device)?.removalPending) throw mismatch('only devices whose removal is pending may be removed');
  }
  const invited = new Set<AccountId>();
  for (const id of added) {
    const device = devices.get(id);
    if (device === undefined || !device.active) throw mismatch('an added device is not an active device');
    if (rows.has(id)) throw mismatch('an added device is in the tree already');
    if (device.member) continue;
    if (kind === 'public') throw mismatch('an added device belongs to nobody in the room');
    invited.add(device.account);
  }
  return [...invited];
}

/**
 * SPEC R3: whether the declared change is one that the sender may make. Returns the accounts that it invites to a thread; fails
 * with `roster_mismatch`, or `not_in_group` where the sender of an ordinary commit is not an active device of the roster.
 */
export function checkRosterChange(declaration: RosterDeclaration): AccountId[] {
  const { added, removed } = declaration;
  if (new Set(added).size < added.length || new Set(removed).size < removed.length) {
    throw mismatch('a device is named twice');
  }
  return declaration.external ? checkExternal(declaration) : checkInternal(declaration);
}
