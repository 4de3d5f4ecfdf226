import { type KeyObject, randomBytes, sign } from 'node:crypto';
import type { Epoch, Generation, RoomId } from '@undertone/protocol';
import { groupInfoSigned } from '../../src/mls/group-info.ts';
import { vectorLength } from '../../src/mls/tls-reader.ts';

const uint16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 0xff);

function uint64(value: bigint): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}

const vector = (bytes: Uint8Array): Uint8Array => Buffer.concat([vectorLength(bytes.length), bytes]);
const concat = (...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.concat(parts));
const nothing = new Uint8Array();

/** What of a key package may be another than the server takes. */
export interface KeyPackageParts {
  readonly version?: number;
  readonly wireFormat?: number;
  readonly suite?: number;
  readonly source?: number;
  /** Seconds since 1970. */
  readonly notAfter?: bigint;
  readonly after?: Uint8Array;
}

/** A key package in its MLSMessage, by which nobody could be added: keys and signatures are random, which the server does not look at. */
export function keyPackageBytes(parts: KeyPackageParts = {}): Uint8Array<ArrayBuffer> {
  const { version = 1, wireFormat = 5, suite = 1, source = 1, notAfter = 0n, after = nothing } = parts;
  const leaf = [
    vector(randomBytes(32)),
    vector(randomBytes(32)),
    uint16(1),
    vector(randomBytes(73)),
    vector(uint16(1)),
    vector(uint16(1)),
    vector(nothing),
    vector(nothing),
    vector(uint16(1)),
    Uint8Array.of(source),
    uint64(0n),
    uint64(notAfter),
    vector(nothing),
    vector(randomBytes(64)),
  ];
  const head = [uint16(version), uint16(wireFormat), uint16(1), uint16(suite), vector(randomBytes(32))];
  return concat(...head, ...leaf, vector(nothing), vector(randomBytes(64)), after);
}

/** Which group a group info is of, and which epoch. */
export interface GroupInfoPlace {
  readonly room: RoomId;
  readonly generation: Generation;
  readonly epoch: Epoch;
  readonly kind: 'public' | 'thread';
}

/** What of a group info may be another than the server takes. */
export interface GroupInfoParts {
  readonly version?: number;
  readonly wireFormat?: number;
  readonly suite?: number;
  readonly groupId?: string;
  readonly tagBytes?: number;
  readonly signature?: Uint8Array;
  readonly after?: Uint8Array;
  /** In place of the tree. */
  readonly treeBytes?: number;
}

/** A group info in its MLSMessage, signed by a device: the server cannot tell that nobody could enter by it. */
export function groupInfoBytes(
  { room, generation, epoch, kind }: GroupInfoPlace,
  privateKey: KeyObject,
  parts: GroupInfoParts = {},
): Uint8Array<ArrayBuffer> {
  const { version = 1, wireFormat = 4, suite = 1, tagBytes = 32, treeBytes = 200, after = nothing } = parts;
  const policy = kind === 'thread' ? 'sealed' : 'shared';
  const { groupId = `${room}/${generation}/${kind}/${policy}` } = parts;
  const signedPart = concat(
    uint16(version),
    uint16(suite),
    vector(Buffer.from(groupId)),
    uint64(BigInt(epoch)),
    vector(randomBytes(32)),
    vector(randomBytes(32)),
    vector(nothing),
    vector(randomBytes(treeBytes)),
    vector(randomBytes(tagBytes)),
    Uint8Array.of(0, 0, 0, 0),
  );
  const signature = parts.signature ?? sign(null, groupInfoSigned(signedPart), privateKey);
  return concat(uint16(1), uint16(wireFormat), signedPart, vector(signature), after);
}
