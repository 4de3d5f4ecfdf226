import type { KeyLogDevice, VerifiedKeyLog } from '@undertone/identity';
import { type AccountId, DeviceId } from '@undertone/protocol';
import { z } from 'zod';
import { toHex } from '../bytes.ts';
import type { KnownIdentity, KnownLog } from './known-identity.ts';

const version = 2;

const Bytes = z.instanceof(Uint8Array<ArrayBuffer>);

/** A log that was verified before it was stored; what is stored is sealed, so it is not verified again. */
const StoredLog = z.object({
  log: z.custom<Omit<VerifiedKeyLog, 'devices'>>((value) => typeof value === 'object' && value !== null),
  devices: z.array(z.custom<KeyLogDevice>((value) => typeof value === 'object' && value !== null)),
  standing: z.enum(['pinned', 'past', 'claimed', 'new', 'conflicting', 'dropped']),
});

const Stored = z.object({
  version: z.literal(version),
  logs: z.array(StoredLog),
  verified: z.boolean(),
  inherited: z.string().nullable(),
  fork: z.object({ head: z.string(), entries: z.array(Bytes) }).nullable(),
  passedForks: z.array(z.string()),
  twin: z.boolean(),
});

/** As it was stored before key logs had versions: roots in the order in which they came. */
const StoredRoots = z.object({
  roots: z.array(
    z.object({ root: Bytes, devices: z.array(z.tuple([DeviceId, Bytes])), former: z.boolean().optional() }),
  ),
  accepted: z.array(z.string()),
  verified: z.string().nullable(),
});

/** What is stored of an identity, for the vault. */
export function encodeIdentityRecord({ logs, ...rest }: KnownIdentity): z.infer<typeof Stored> {
  const stored = logs.map(({ log: { devices, ...log }, standing }) => ({
    log,
    devices: [...devices.values()],
    standing,
  }));
  return {
    version,
    ...rest,
    logs: stored,
    fork: rest.fork && { ...rest.fork, entries: [...rest.fork.entries] },
    passedForks: [...rest.passedForks],
  };
}

const bareDevice = (device: DeviceId, key: Uint8Array<ArrayBuffer>): KeyLogDevice => ({
  device,
  key,
  addedAt: 0,
  removedAt: null,
  time: null,
  how: null,
  by: null,
});

/** Roots of version 1: the newest that the person had accepted is the pinned one. */
function fromRoots(account: AccountId, { roots, accepted, verified }: z.infer<typeof StoredRoots>): KnownIdentity {
  const isAccepted = (root: Uint8Array): boolean => accepted.includes(toHex(root));
  const pinned = roots.findLast(({ root }) => isAccepted(root));
  const logs = roots.map(({ root, devices, former }): KnownLog => {
    const old = isAccepted(root) && former !== true ? 'past' : 'claimed';
    const waits = !isAccepted(root);
    return {
      log: {
        version: 1,
        account,
        root,
        username: null,
        skeleton: null,
        entries: [],
        hashes: [root],
        head: { index: 0, hash: root },
        devices: new Map(devices.map(([device, key]) => [device, bareDevice(device, key)])),
        recovery: null,
        archive: null,
        needsNewer: false,
      },
      standing: root === pinned?.root ? 'pinned' : waits ? 'new' : old,
    };
  });
  return {
    logs,
    verified: pinned !== undefined && verified === toHex(pinned.root),
    inherited: null,
    fork: null,
    passedForks: [],
    twin: false,
  };
}

/** Read what was stored of an account's identity, by this release or an earlier one; `undefined` if it is neither. */
export function decodeIdentityRecord(account: AccountId, value: unknown): KnownIdentity | undefined {
  const stored = Stored.safeParse(value);
  if (stored.success) {
    const { version: _, logs, ...rest } = stored.data;
    return {
      ...rest,
      logs: logs.map(({ log, devices, standing }) => ({
        log: { ...log, devices: new Map(devices.map((device) => [device.device, device])) },
        standing,
      })),
    };
  }
  const roots = StoredRoots.safeParse(value);
  return roots.success ? fromRoots(account, roots.data) : undefined;
}
