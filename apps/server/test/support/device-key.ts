import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { encode } from '@msgpack/msgpack';
import type { AccountId, DeviceId } from '@undertone/protocol';
import { usernameKeys } from '../../src/accounts/username-key.ts';

export interface DeviceKey {
  readonly device: DeviceId;
  readonly privateKey: KeyObject;
  readonly publicKey: Uint8Array<ArrayBuffer>;
}

export function makeDevice(): DeviceKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const { x = '' } = publicKey.export({ format: 'jwk' });
  return {
    device: randomUUID() as DeviceId,
    privateKey,
    publicKey: new Uint8Array(Buffer.from(x, 'base64url')),
  };
}

function signed(label: string, body: Uint8Array, privateKey: KeyObject): Uint8Array<ArrayBuffer> {
  const signature = sign(null, Buffer.concat([Buffer.from(`${label}\n`), body]), privateKey);
  return encode([body, new Uint8Array(signature)]);
}

const none = new Uint8Array();

/** Whom a first entry is for. */
export interface RootOf {
  readonly account: AccountId;
  readonly username: string;
}

/** The first entry of a key log, as a client makes it (SPEC I2); `change` alters the body's fields first. */
export function rootEntry(
  { account, username }: RootOf,
  { device, privateKey, publicKey }: DeviceKey,
  change: (body: unknown[]) => unknown = (body) => body,
): Uint8Array<ArrayBuffer> {
  const payload = [username, usernameKeys(username).usernameKey, device, publicKey];
  const body = change([2, account, none, 0, none, Date.now(), 'root', device, payload]);
  return signed('undertone key log 2 entry', encode(body), privateKey);
}

/** The first entry of a key log of version 1. */
export function formerRootEntry(
  account: AccountId,
  { device, privateKey, publicKey }: DeviceKey,
): Uint8Array<ArrayBuffer> {
  const body = { version: 1, account, index: 0, previous: none, kind: 'root', device, key: publicKey };
  return signed('undertone key log 1', encode(body), privateKey);
}
