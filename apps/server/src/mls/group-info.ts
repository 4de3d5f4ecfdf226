import {
  type Epoch,
  equalBytes,
  type Generation,
  type HistoryPolicy,
  type RoomId,
  type RoomKind,
} from '@undertone/protocol';
import { verifyEd25519 } from '../devices/ed25519.ts';
import { confirmationTagBytes, mls10, suite1, wireFormats } from './numbers.ts';
import { MalformedError, TlsReader, vectorLength } from './tls-reader.ts';

/** What a group info has to be for, and who has to have signed it. */
export interface GroupInfoClaim {
  readonly room: RoomId;
  readonly kind: RoomKind;
  readonly policy: HistoryPolicy;
  readonly generation: Generation;
  /** The one that begins. */
  readonly epoch: Epoch;
  readonly signatureKey: Uint8Array;
}

interface GroupInfo {
  readonly groupId: Uint8Array;
  readonly epoch: bigint;
  readonly confirmationTag: Uint8Array;
  /** GroupInfoTBS, encoded. */
  readonly signedPart: Uint8Array;
  readonly signature: Uint8Array;
}

/** GroupInfo of RFC 9420 §12.4.3 in an MLSMessage (§6), without a look into its extensions: nearly all of it is the tree. */
function readGroupInfo(message: Uint8Array): GroupInfo {
  const reader = new TlsReader(message);
  if (reader.uint16() !== mls10 || reader.uint16() !== wireFormats.groupInfo) throw new MalformedError('no group info');
  const start = reader.position;
  if (reader.uint16() !== mls10 || reader.uint16() !== suite1) throw new MalformedError('another version or suite');
  const groupId = reader.opaque();
  const epoch = reader.uint64();
  reader.opaque(); // tree_hash
  reader.opaque(); // confirmed_transcript_hash
  reader.opaque(); // extensions of the group
  reader.opaque(); // extensions of the group info
  const confirmationTag = reader.opaque();
  reader.uint32(); // signer
  const signedPart = message.subarray(start, reader.position);
  const signature = reader.opaque();
  reader.finish();
  return { groupId, epoch, confirmationTag, signedPart, signature };
}

const label = Buffer.from('MLS 1.0 GroupInfoTBS');

/** What SignWithLabel (RFC 9420 §5.1.2) signs of a GroupInfoTBS. */
export const groupInfoSigned = (signedPart: Uint8Array): Uint8Array =>
  Buffer.concat([vectorLength(label.length), label, vectorLength(signedPart.length), signedPart]);

/**
 * What is wrong with a group info, in a few words; undefined where nothing is that the server could see: it has the right form, is of just
 * this group and epoch, and is signed by the device that sent it. Whether tree and tag are right only members can tell.
 */
export function groupInfoProblem(message: Uint8Array, claim: GroupInfoClaim): string | undefined {
  let groupInfo: GroupInfo;
  try {
    groupInfo = readGroupInfo(message);
  } catch (error) {
    if (error instanceof MalformedError) return error.message;
    throw error;
  }
  const { room, generation, kind, policy } = claim;
  const groupId = new TextEncoder().encode(`${room}/${generation}/${kind}/${policy}`);
  if (!equalBytes(groupInfo.groupId, groupId)) return 'of another group';
  if (groupInfo.epoch !== BigInt(claim.epoch)) return 'of another epoch';
  if (groupInfo.confirmationTag.length !== confirmationTagBytes) return 'a confirmation tag of another length';
  const signed = groupInfoSigned(groupInfo.signedPart);
  return verifyEd25519(claim.signatureKey, signed, groupInfo.signature)
    ? undefined
    : 'not signed by the device that sent it';
}
