import {
  createRootEntry,
  encodeIdentity,
  generateSigningKey,
  type SigningKey,
  verifyKeyLog,
} from '@undertone/identity';
import { createVersion1Entry } from '@undertone/identity/testing';
import { type AccountId, type DeviceId, fromBase64url, type KeyLog, toBase64url } from '@undertone/protocol';
import type { OwnIdentity } from '../identity/identity-book.ts';

/** A key log of one entry, with what its device has. */
export interface Made {
  readonly device: DeviceId;
  readonly key: Uint8Array<ArrayBuffer>;
  readonly signer: SigningKey;
  readonly log: KeyLog;
  readonly identity: Uint8Array<ArrayBuffer>;
}

interface Choices {
  readonly username?: string;
  readonly skeleton?: string;
  readonly device?: DeviceId;
  readonly key?: SigningKey;
}

const made = (account: AccountId, root: number, device: DeviceId, signer: SigningKey, entry: Uint8Array): Made => ({
  device,
  key: signer.publicKey,
  signer,
  log: { account, root, entries: [toBase64url(entry)] },
  identity: encodeIdentity({ account, device }),
});

export async function newRoot(account: AccountId, root: number, choices: Choices = {}): Promise<Made> {
  const { username = 'bob', device = crypto.randomUUID() as DeviceId, skeleton = username, key } = choices;
  const signer = key ?? (await generateSigningKey());
  const entry = await createRootEntry({ account, device }, signer, { username, skeleton, time: 1_000 });
  return made(account, root, device, signer, entry);
}

export async function version1(account: AccountId, root: number): Promise<Made> {
  const device = crypto.randomUUID() as DeviceId;
  const signer = await generateSigningKey();
  return made(account, root, device, signer, await createVersion1Entry({ account, device }, signer));
}

export const ownIdentity = async ({ device, log }: Made): Promise<OwnIdentity> => ({
  device,
  log: await verifyKeyLog(log.account, log.entries.map(fromBase64url)),
});
