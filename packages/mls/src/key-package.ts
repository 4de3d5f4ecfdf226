import {
  decodeKeyPackage,
  encodeKeyPackage,
  generateKeyPackageWithKey,
  type KeyPackage,
  makeKeyPackageRef,
  type PrivateKeyPackage,
  verifyKeyPackage,
} from 'ts-mls/keyPackage.js';
import { verifyLeafNodeSignatureKeyPackage } from 'ts-mls/leafNode.js';
import { encodeMlsMessage } from 'ts-mls/message.js';
import { bytesEqual, copyBytes } from './bytes.ts';
import { makeSuite, suiteName } from './cipher-suite.ts';
import { decodeExactly, decodeMessage } from './codec.ts';
import type { EngineContext } from './context.ts';
import { guarded, MlsError } from './errors.ts';
import { assertAcceptableLeaf } from './leaf-policy.ts';
import { makeSignature } from './signature.ts';
import type { CreatedKeyPackage } from './types.ts';

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
const maxLifetimeSeconds = BigInt((keyPackageLifetimeDays + 2 * clockSkewDays) * secondsPerDay);

const keyPackageSecretVersion = 1;
const hpkeKeyBytes = 32;

export async function generateKeyPackage(
  context: EngineContext,
  lastResort = false,
): Promise<{ publicPackage: KeyPackage; privatePackage: PrivateKeyPackage }> {
  const now = Math.floor(Date.now() / 1000);
  return generateKeyPackageWithKey(
    { credentialType: 'basic', identity: context.identity },
    {
      versions: ['mls10'],
      ciphersuites: [suiteName],
      extensions: [lastResortExtension],
      proposals: [],
      credentials: ['basic'],
    },
    {
      notBefore: BigInt(now - clockSkewDays * secondsPerDay),
      notAfter: BigInt(now + keyPackageLifetimeDays * secondsPerDay),
    },
    lastResort ? [{ extensionType: lastResortExtension, extensionData: new Uint8Array() }] : [],
    { signKey: context.handle, publicKey: context.signatureKey },
    context.suite,
  );
}

export async function createKeyPackage(context: EngineContext, lastResort: boolean): Promise<CreatedKeyPackage> {
  const { publicPackage, privatePackage } = await generateKeyPackage(context, lastResort);
  const secret = new Uint8Array(1 + 2 * hpkeKeyBytes);
  secret[0] = keyPackageSecretVersion;
  secret.set(privatePackage.initPrivateKey, 1);
  secret.set(privatePackage.hpkePrivateKey, 1 + hpkeKeyBytes);
  return {
    keyPackage: encodeMlsMessage({ version: 'mls10', wireformat: 'mls_key_package', keyPackage: publicPackage }),
    reference: await makeKeyPackageRef(publicPackage, context.suite.hash),
    secret,
  };
}

export function decodeKeyPackageSecret(context: EngineContext, bytes: Uint8Array): PrivateKeyPackage {
  const secret = copyBytes(bytes);
  if (secret.length !== 1 + 2 * hpkeKeyBytes || secret[0] !== keyPackageSecretVersion) {
    throw new MlsError('malformed', 'not a key package secret');
  }
  return {
    initPrivateKey: secret.slice(1, 1 + hpkeKeyBytes),
    hpkePrivateKey: secret.slice(1 + hpkeKeyBytes),
    signaturePrivateKey: context.handle,
  };
}

/** Takes an MLSMessage or a bare KeyPackage: the former begins with the wire format 5, the latter with cipher suite 1. */
export function decodeKeyPackageBytes(bytes: Uint8Array): KeyPackage {
  if (bytes instanceof Uint8Array && bytes[2] === 0 && bytes[3] === 5) {
    return decodeMessage(bytes, 'mls_key_package').keyPackage;
  }
  return decodeExactly(bytes, decodeKeyPackage, encodeKeyPackage);
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

const verifyingSuite = makeSuite(makeSignature());

/** The checks of RFC 9420 §10.1 that need no group, and the lifetime. */
export async function verifyKeyPackageAlone(keyPackage: KeyPackage): Promise<void> {
  const { leafNode, initKey, extensions, cipherSuite } = keyPackage;
  if (cipherSuite !== suiteName) throw new MlsError('invalid_key_package', 'not of cipher suite 1');
  assertAcceptableLeaf(leafNode, 'invalid_key_package');
  if (extensions.some(({ extensionType }) => extensionType !== lastResortExtension)) {
    throw new MlsError('invalid_key_package', 'carries an unknown extension');
  }
  if (initKey.length !== hpkeKeyBytes || bytesEqual(initKey, leafNode.hpkePublicKey)) {
    throw new MlsError('invalid_key_package', 'the init key must be a key of its own');
  }
  const { signature } = verifyingSuite;
  const valid =
    (await verifyLeafNodeSignatureKeyPackage(leafNode, signature)) && (await verifyKeyPackage(keyPackage, signature));
  if (!valid) throw new MlsError('invalid_signature', 'the key package is not signed by its leaf');
  const { notBefore, notAfter } = leafNode.lifetime;
  if (notAfter < notBefore || notAfter - notBefore > maxLifetimeSeconds) {
    throw new MlsError('invalid_key_package', 'its lifetime is too long');
  }
  const now = BigInt(Math.floor(Date.now() / 1000));
  if (now < notBefore || now > notAfter) throw new MlsError('expired_key_package', 'outside its lifetime');
}

/** Verifies a key package on its own: form, signatures, lifetime. Whether the key is the identity's is for the caller to ask. */
export async function readKeyPackage(bytes: Uint8Array): Promise<KeyPackageDescription> {
  return guarded('invalid_key_package', async () => {
    const keyPackage = decodeKeyPackageBytes(bytes);
    await verifyKeyPackageAlone(keyPackage);
    const { leafNode, extensions } = keyPackage;
    return {
      identity: copyBytes(assertAcceptableLeaf(leafNode, 'invalid_key_package')),
      signatureKey: copyBytes(leafNode.signaturePublicKey),
      reference: await makeKeyPackageRef(keyPackage, verifyingSuite.hash),
      lastResort: extensions.some(({ extensionType }) => extensionType === lastResortExtension),
      notBefore: new Date(Number(leafNode.lifetime.notBefore) * 1000),
      notAfter: new Date(Number(leafNode.lifetime.notAfter) * 1000),
    };
  });
}
