import { copyBytes } from '../codec/bytes.ts';
import { decode, Reader } from '../codec/reader.ts';
import { Writer } from '../codec/writer.ts';
import { suite1 } from '../crypto/suites.ts';
import { guarded, MlsError, must } from '../errors.ts';
import {
  assertKeyPackageForm,
  assertWithinLifetime,
  keyPackageSignatures,
  type OwnedKeyPackage,
  referenceOf,
} from '../group/key-package.ts';
import { verifyHere } from '../group/verify-signatures.ts';
import { nothingRequired } from '../messages/extension.ts';
import { type KeyPackage, readKeyPackage as readBareKeyPackage } from '../messages/key-package.ts';
import { decodeMlsMessage } from '../messages/mls-message.ts';
import { leafNodeSources, wireFormats } from '../messages/numbers.ts';
import type { OwnKeyPackage } from './types.ts';
import { assertProfileLeaf } from './undertone-policy.ts';

/**
 * Marks a key package that may be used more than once, when all others are gone. Of the private use range (RFC 9420 §17.3),
 * empty, in KeyPackage.extensions; the working group's `last_resort` is not in RFC 9420 itself.
 */
export const lastResortExtension = 0xf00a;

const secondsPerDay = 24 * 60 * 60;
/** How long a key package is offered. */
export const keyPackageLifetimeDays = 90;
/** Valid from a day ago, so that an adder whose clock is behind accepts a fresh one. */
const clockSkewDays = 1;
export const keyPackageLifetime = {
  before: BigInt(clockSkewDays * secondsPerDay),
  after: BigInt(keyPackageLifetimeDays * secondsPerDay),
};
const maxLifetimeSeconds = BigInt((keyPackageLifetimeDays + 2 * clockSkewDays) * secondsPerDay);

const secretVersion = 1;

/** The two private keys of a key package, for storage. */
export function encodeKeyPackageSecret({ initKeys, leafKeys }: OwnedKeyPackage): Uint8Array {
  return new Writer(128).uint8(secretVersion).opaque(initKeys.privateKey).opaque(leafKeys.privateKey).finish();
}

/** A stored key package with its keys. */
export function ownedKeyPackage({ keyPackage: bytes, secret }: OwnKeyPackage): OwnedKeyPackage {
  const keyPackage = decodeKeyPackage(bytes);
  const reader = new Reader(copyBytes(secret));
  if (reader.uint8() !== secretVersion) throw new MlsError('malformed', 'not the secret of a key package');
  const initKeys = { publicKey: keyPackage.initKey, privateKey: reader.opaque().slice() };
  const leafKeys = { publicKey: keyPackage.leafNode.encryptionKey, privateKey: reader.opaque().slice() };
  reader.finish();
  return { keyPackage, initKeys, leafKeys };
}

/** Takes an MLSMessage or a bare KeyPackage: the former begins with the wire format 5, the latter with cipher suite 1. */
export function decodeKeyPackage(bytes: Uint8Array): KeyPackage {
  if (!(bytes instanceof Uint8Array)) throw new MlsError('misuse', 'not bytes');
  if (bytes[2] !== 0 || bytes[3] !== wireFormats.keyPackage) return decode(copyBytes(bytes), readBareKeyPackage);
  const message = decodeMlsMessage(bytes);
  if (message.wireFormat !== wireFormats.keyPackage) throw new MlsError('unexpected_content', 'not a key package');
  return message.keyPackage;
}

export interface KeyPackageDescription {
  identity: Uint8Array;
  signatureKey: Uint8Array;
  /** KeyPackageRef, RFC 9420 §5.2: what the Welcome will name. */
  reference: Uint8Array;
  lastResort: boolean;
  notBefore: Date;
  notAfter: Date;
}

function refuse(sentence: string): never {
  throw new MlsError('invalid_key_package', sentence);
}

/** A key package on its own: form, signatures, lifetime (RFC 9420 §10.1). Whether the key is the identity's is for the caller to ask. */
export async function verifiedKeyPackage(bytes: Uint8Array): Promise<KeyPackage> {
  const keyPackage = decodeKeyPackage(bytes);
  assertKeyPackageForm(suite1, keyPackage, nothingRequired);
  assertProfileLeaf(keyPackage.leafNode);
  if (keyPackage.extensions.some(({ type }) => type !== lastResortExtension)) refuse('carries an unknown extension');
  must(await verifyHere(suite1, keyPackageSignatures(keyPackage)), 'leaf_signature');
  const { source } = keyPackage.leafNode;
  if (source.type !== leafNodeSources.keyPackage) refuse('its leaf is not that of a key package');
  const { notBefore, notAfter } = source.lifetime;
  if (notAfter < notBefore || notAfter - notBefore > maxLifetimeSeconds) refuse('its lifetime is too long');
  assertWithinLifetime(keyPackage, BigInt(Math.floor(Date.now() / 1000)));
  return keyPackage;
}

/** Verifies a key package on its own and says what it is. */
export async function readKeyPackage(bytes: Uint8Array): Promise<KeyPackageDescription> {
  return guarded(async () => {
    const keyPackage = await verifiedKeyPackage(bytes);
    const { leafNode, extensions } = keyPackage;
    if (leafNode.source.type !== leafNodeSources.keyPackage) refuse('its leaf is not that of a key package');
    const { notBefore, notAfter } = leafNode.source.lifetime;
    return {
      identity: copyBytes(leafNode.credential.content),
      signatureKey: copyBytes(leafNode.signatureKey),
      reference: referenceOf(suite1, keyPackage),
      lastResort: extensions.some(({ type }) => type === lastResortExtension),
      notBefore: new Date(Number(notBefore) * 1000),
      notAfter: new Date(Number(notAfter) * 1000),
    };
  });
}
