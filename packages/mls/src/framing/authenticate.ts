import { type Bytes, equalConstantTime } from '../codec/bytes.ts';
import { Writer } from '../codec/writer.ts';
import type { CipherSuite, Hash } from '../crypto/cipher-suite.ts';
import { signWithLabel, verifyWithLabel } from '../crypto/labels.ts';
import {
  type AuthenticatedContent,
  encodeFramedContent,
  type FramedContent,
  writeContentAuthentication,
} from '../messages/framed-content.ts';
import { mls10, senderTypes } from '../messages/numbers.ts';

const signatureLabel = 'FramedContentTBS';

/** FramedContentTBS of RFC 9420 §6.1: members and those who join by commit bind their signature to the group's context. */
function toBeSigned(wireFormat: number, framed: FramedContent, framedBytes: Bytes, groupContext: Bytes): Bytes {
  const writer = new Writer(framedBytes.length + groupContext.length + 16);
  writer.uint16(mls10).uint16(wireFormat).fixed(framedBytes);
  const { type } = framed.sender;
  if (type === senderTypes.member || type === senderTypes.newMemberCommit) writer.fixed(groupContext);
  return writer.finish();
}

/** Signs content; a commit gets its confirmation tag afterwards. `groupContext` is the present epoch's, encoded. */
export async function signContent(
  suite: CipherSuite,
  wireFormat: number,
  framed: FramedContent,
  groupContext: Bytes,
  privateKey: CryptoKey,
): Promise<AuthenticatedContent> {
  const framedBytes = encodeFramedContent(framed);
  const signed = toBeSigned(wireFormat, framed, framedBytes, groupContext);
  const signature = await signWithLabel(suite, privateKey, signatureLabel, signed);
  return { wireFormat, framed, framedBytes, signature, confirmationTag: undefined };
}

export function verifyContent(
  suite: CipherSuite,
  { wireFormat, framed, framedBytes, signature }: AuthenticatedContent,
  groupContext: Bytes,
  publicKey: Bytes,
): Promise<boolean> {
  const signed = toBeSigned(wireFormat, framed, framedBytes, groupContext);
  return verifyWithLabel(suite, publicKey, signatureLabel, signed, signature);
}

/** The tag that shows a PublicMessage to come from a member (RFC 9420 §6.2). */
export function membershipTagOf(
  hash: Hash,
  content: AuthenticatedContent,
  groupContext: Bytes,
  membershipKey: Bytes,
): Bytes {
  const { wireFormat, framed, framedBytes } = content;
  const writer = new Writer(1024).fixed(toBeSigned(wireFormat, framed, framedBytes, groupContext));
  writeContentAuthentication(writer, content);
  return hash.mac(membershipKey, writer.finish());
}

export function membershipTagIsValid(
  hash: Hash,
  content: AuthenticatedContent,
  membershipTag: Bytes | undefined,
  groupContext: Bytes,
  membershipKey: Bytes,
): boolean {
  if (membershipTag === undefined) return false;
  return equalConstantTime(membershipTag, membershipTagOf(hash, content, groupContext, membershipKey));
}
