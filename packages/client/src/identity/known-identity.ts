import { compareKeyLogs, type KeyLogDevice, upgrades, type VerifiedKeyLog } from '@undertone/identity';
import { type DeviceId, equalBytes } from '@undertone/protocol';
import { toHex } from '../bytes.ts';

/** How a key log of an account counts here. */
export type Standing =
  /** The account's: what it shows is what a safety number is made of. One log of an account is. */
  | 'pinned'
  /** It was pinned until the person accepted another one. */
  | 'past'
  /** Only the server says that it ever was the account's: it came together with, or before, one that was pinned. */
  | 'claimed'
  /** It came after the pinned one and was not accepted yet. */
  | 'new'
  /** Like `new`, but it gives a known device another key, or a known key another device: none of its keys counts before it is accepted (SPEC I10). */
  | 'conflicting'
  /** It conflicts with one that was accepted, or that came with it: none of its keys counts. Remembered, so that it is no news each time it is told. */
  | 'dropped';

export interface KnownLog {
  readonly log: VerifiedKeyLog;
  readonly standing: Standing;
}

export interface KeyLogFork {
  readonly head: string;
  readonly entries: readonly Uint8Array<ArrayBuffer>[];
}

/** All that this device knows of one account's identity. */
export interface KnownIdentity {
  /** In the order in which they came. */
  readonly logs: readonly KnownLog[];
  /** Whether the safety number of the pinned log was compared. */
  readonly verified: boolean;
  /** Hex root of the version 1 log whose place the pinned one took (SPEC K11): what named that root means this one. */
  readonly inherited: string | null;
  /** A second version of the pinned log: its head in hex, and the signed entries that prove it (SPEC K5). */
  readonly fork: KeyLogFork | null;
  /** Hex heads of second versions that the person passed over. */
  readonly passedForks: readonly string[];
  /** Another account has a username that looks like this one's, and was here first (SPEC K10). */
  readonly twin: boolean;
}

export const rootHex = ({ root }: VerifiedKeyLog): string => toHex(root);
export const headHex = ({ head }: VerifiedKeyLog): string => toHex(head.hash);

const bareIdentity = (logs: readonly KnownLog[]): KnownIdentity => ({
  logs,
  verified: false,
  inherited: null,
  fork: null,
  passedForks: [],
  twin: false,
});

/** The log that counts for the account. */
export function pinnedLog({ logs }: KnownIdentity): VerifiedKeyLog | undefined {
  return logs.find(({ standing }) => standing === 'pinned')?.log;
}

/** Whether a log waits for the person's decision. */
const waits = ({ standing }: KnownLog): boolean => standing === 'new' || standing === 'conflicting';

/** Whether the keys of a log count. Of all logs whose keys do, no two give one device two keys, or one key two devices (SPEC I10). */
const hasKeys = ({ standing }: KnownLog): boolean => standing !== 'conflicting' && standing !== 'dropped';

/** The log that a safety number is to be shown of: one that waits for acceptance, else the pinned one. */
export function shownLog(known: KnownIdentity): VerifiedKeyLog | undefined {
  return known.logs.findLast(waits)?.log ?? pinnedLog(known);
}

/** The log that names a device and whose keys count; the pinned one first. */
export function logOfDevice({ logs }: KnownIdentity, device: DeviceId): KnownLog | undefined {
  const naming = logs.filter((one) => hasKeys(one) && one.log.devices.has(device));
  return naming.find(({ standing }) => standing === 'pinned') ?? naming[0];
}

/**
 * Whether a log gives a device that is known of the account another key, or a known key another device (SPEC I10). The keys of both never
 * count together: else a server could show one key in a number and use another.
 */
function rebinds(logs: readonly KnownLog[], { devices }: VerifiedKeyLog): boolean {
  const known = logs.filter(hasKeys).flatMap(({ log }) => [...log.devices.values()]);
  return [...devices.values()].some(({ device, key }) =>
    known.some((other: KeyLogDevice) => (other.device === device) !== equalBytes(other.key, key)),
  );
}

const withRoot = ({ logs }: KnownIdentity, { root }: VerifiedKeyLog): KnownLog | undefined =>
  logs.find(({ log }) => equalBytes(log.root, root));

/** What is believed of an account that was not met before: the newest log, and of the others that the server says so. */
function firstSight(offered: readonly VerifiedKeyLog[]): KnownIdentity | undefined {
  const newest = offered.at(-1);
  if (newest === undefined) return undefined;
  let logs: KnownLog[] = [{ log: newest, standing: 'pinned' }];
  for (const log of offered.slice(0, -1).reverse()) {
    if (logs.some((other) => equalBytes(other.log.root, log.root))) continue;
    logs = [{ log, standing: rebinds(logs, log) ? 'dropped' : 'claimed' }, ...logs];
  }
  return bareIdentity(logs);
}

function withFork(known: KnownIdentity, offered: VerifiedKeyLog): KnownIdentity {
  const head = headHex(offered);
  if (known.fork !== null || known.passedForks.includes(head)) return known;
  return { ...known, fork: { head, entries: offered.entries } };
}

/**
 * The logs with `one` gone on to `longer`. The pinned log goes on whatever else is known, or a server could keep a removal of a device from being
 * noticed by a log that conflicts with it: that one gives way. Any other log gives way itself.
 */
function withExtended(logs: readonly KnownLog[], one: KnownLog, longer: VerifiedKeyLog): readonly KnownLog[] {
  const others = logs.filter((other) => other !== one);
  const extended = { ...one, log: longer };
  if (one.standing === 'pinned') {
    return logs.map((other): KnownLog => {
      if (other === one) return extended;
      if (!rebinds([other], longer)) return other;
      return { ...other, standing: waits(other) ? 'conflicting' : 'dropped' };
    });
  }
  const conflicts = hasKeys(one) && rebinds(others, longer);
  // Its devices do not speak for the account any more: how it goes on decides nothing.
  if (conflicts && !waits(one)) return logs;
  return logs.map((other) => (other !== one ? other : conflicts ? { ...extended, standing: 'conflicting' } : extended));
}

function withLog(known: KnownIdentity, offered: VerifiedKeyLog): KnownIdentity {
  const same = withRoot(known, offered);
  if (same !== undefined) {
    const relation = compareKeyLogs(same.log, offered);
    if (relation === 'forked' && same.standing === 'pinned') return withFork(known, offered);
    const logs = relation === 'extends' ? withExtended(known.logs, same, offered) : known.logs;
    return logs === known.logs ? known : { ...known, logs };
  }
  const [only] = known.logs;
  if (known.logs.length === 1 && only?.log.version === 1 && offered.version === 2 && upgrades(only.log, offered)) {
    return { ...known, logs: [{ log: offered, standing: 'pinned' }], inherited: rootHex(only.log) };
  }
  return { ...known, logs: [...known.logs, asNews(known.logs, offered)] };
}

const asNews = (logs: readonly KnownLog[], log: VerifiedKeyLog): KnownLog => ({
  log,
  standing: rebinds(logs, log) ? 'conflicting' : 'new',
});

/**
 * A log that does not count any more and that the server gives as the newest is a change again: else no one who once accepted a false log could
 * come back to the true one.
 */
function withNewest(known: KnownIdentity, newest: VerifiedKeyLog | undefined): KnownIdentity {
  const held = newest && withRoot(known, newest);
  if (held === undefined || held.standing === 'pinned' || waits(held)) return known;
  const others = known.logs.filter((other) => other !== held);
  return { ...known, logs: [...others, asNews(others, held.log)] };
}

/**
 * What is known of an account with the logs that the server has of it, in the server's order (SPEC I8, I10, K5, K11). Gives `known` itself where
 * they say nothing new; a shorter log than the one that is held is no news.
 */
export function withOffered(
  known: KnownIdentity | undefined,
  offered: readonly VerifiedKeyLog[],
): KnownIdentity | undefined {
  return known === undefined ? firstSight(offered) : withNewest(offered.reduce(withLog, known), offered.at(-1));
}

/** One's own account: the log that this device stored itself is the one that counts, whatever the server says (SPEC K9). */
export function ownIdentity(known: KnownIdentity | undefined, own: VerifiedKeyLog): KnownIdentity {
  const others = (known?.logs ?? []).filter(hasKeys).flatMap(({ log, standing }): KnownLog[] => {
    const inherited = log.version === 1 && upgrades(log, own);
    if (inherited || equalBytes(log.root, own.root) || rebinds([{ log: own, standing: 'pinned' }], log)) return [];
    return [{ log, standing: standing === 'pinned' ? 'past' : standing }];
  });
  return { ...(known ?? bareIdentity([])), logs: [{ log: own, standing: 'pinned' }, ...others] };
}

/**
 * What is known of one's own account with the logs that the server has of it. One that conflicts is ignored: it cannot take the place of the one that
 * this device stored, and none of its keys counts, so there would be nothing to decide and nobody to remove. When logs are fetched for the first
 * time, those that the server puts before this device's own are its claim, which gives their devices no say (SPEC I8); any other is a change.
 */
export function withOwnOffered(known: KnownIdentity, offered: readonly VerifiedKeyLog[]): KnownIdentity {
  const own = pinnedLog(known);
  const index = own === undefined ? -1 : offered.findIndex(({ root }) => equalBytes(root, own.root));
  const taken = (now: KnownIdentity, log: VerifiedKeyLog): KnownIdentity =>
    withRoot(now, log) === undefined && rebinds(now.logs, log) ? now : withLog(now, log);
  if (known.logs.length > 1 || index < 1) return offered.reduce(taken, known);
  const claimed = offered
    .slice(0, index)
    .flatMap((log): KnownLog[] => (rebinds(known.logs, log) ? [] : [{ log, standing: 'claimed' }]));
  return offered.slice(index).reduce(taken, { ...known, logs: [...claimed, ...known.logs] });
}

/**
 * The person goes on with the identity of just this root and newest entry. `undefined` if that is not the one that is shown. Logs that
 * came before it are then the server's claim alone; those that conflict, with it or with what was known, are dropped (SPEC I10).
 */
export function withAccepted(known: KnownIdentity, root: string, head: string): KnownIdentity | undefined {
  const chosen = known.logs.find(({ log }) => rootHex(log) === root && headHex(log) === head);
  if (chosen === undefined || shownLog(known) !== chosen.log) return undefined;
  const passed = known.fork === null ? [] : [known.fork.head];
  const settled = { ...known, twin: false, fork: null, passedForks: [...known.passedForks, ...passed] };
  if (chosen.standing === 'pinned') return settled;
  // What is shown came last of all that wait.
  const logs = known.logs.map((one): KnownLog => {
    if (one === chosen) return { ...one, standing: 'pinned' };
    if (!hasKeys(one) || rebinds([one], chosen.log)) return { ...one, standing: 'dropped' };
    if (one.standing === 'pinned') return { ...one, standing: 'past' };
    return one.standing === 'new' ? { ...one, standing: 'claimed' } : one;
  });
  return { ...settled, logs, verified: false, inherited: null };
}

/** Whether there is something about an account that the person has not looked at. */
export const isChanged = ({ logs, twin, fork }: KnownIdentity): boolean => twin || fork !== null || logs.some(waits);
