import type { Bytes } from '../codec/bytes.ts';
import { Reader } from '../codec/reader.ts';
import { encode, Writer } from '../codec/writer.ts';
import type { Aead, CipherSuite } from '../crypto/cipher-suite.ts';
import { expandWithLabel } from '../crypto/labels.ts';
import { MlsError } from '../errors.ts';
import {
  type AuthenticatedContent,
  type Content,
  type ContentAuthentication,
  encodeFramedContent,
  readContentAuthentication,
  readContentBody,
  writeContentAuthentication,
  writeContentBody,
} from '../messages/framed-content.ts';
import { senderTypes, wireFormats } from '../messages/numbers.ts';
import {
  type PrivateMessage,
  type PrivateMessageHeader,
  writePrivateMessageHeader,
} from '../messages/private-message.ts';
import type { MessageKey } from '../schedule/ratchet.ts';

const reuseGuardBytes = 4;

/** SenderData of RFC 9420 §6.3.2. */
export interface SenderData {
  readonly leafIndex: number;
  readonly generation: number;
  readonly reuseGuard: Bytes;
}

/** Key and nonce for the sender data: they depend on the beginning of the ciphertext (RFC 9420 §6.3.2). */
export function senderDataKey({ hash, aead }: CipherSuite, senderDataSecret: Bytes, ciphertext: Bytes): MessageKey {
  const sample = ciphertext.subarray(0, hash.bytes);
  return {
    key: expandWithLabel(hash, senderDataSecret, 'key', sample, aead.keyBytes),
    nonce: expandWithLabel(hash, senderDataSecret, 'nonce', sample, aead.nonceBytes),
  };
}

/** SenderDataAAD of RFC 9420 §6.3.2. */
function senderDataAad({ groupId, epoch, contentType }: PrivateMessageHeader): Bytes {
  return new Writer().opaque(groupId).uint64(epoch).uint8(contentType).finish();
}

/** The nonce with the reuse guard in its first bytes (RFC 9420 §6.3.1): two messages under one key still differ. */
function guardedNonce(nonce: Bytes, reuseGuard: Bytes): Bytes {
  const guarded = nonce.slice();
  for (let i = 0; i < reuseGuardBytes; i++) guarded[i] = (guarded[i] as number) ^ (reuseGuard[i] as number);
  return guarded;
}

/** PrivateMessageContent of RFC 9420 §6.3.1. */
function encodePrivateContent(content: Content, authentication: ContentAuthentication, paddingBytes: number): Bytes {
  const writer = new Writer(1024);
  writeContentBody(writer, content);
  writeContentAuthentication(writer, authentication);
  return writer.fixed(new Uint8Array(paddingBytes)).finish();
}

export interface PrivateSealing {
  readonly leafIndex: number;
  readonly generation: number;
  readonly messageKey: MessageKey;
  readonly senderDataSecret: Bytes;
  /** Zero bytes to put behind the content, to hide its length. */
  readonly paddingBytes: number;
}

/** Encrypts signed content (RFC 9420 §6.3). */
export async function sealPrivateMessage(
  suite: CipherSuite,
  { framed, signature, confirmationTag }: AuthenticatedContent,
  { leafIndex, generation, messageKey, senderDataSecret, paddingBytes }: PrivateSealing,
): Promise<PrivateMessage> {
  const { groupId, epoch, authenticatedData, content } = framed;
  const header: PrivateMessageHeader = { groupId, epoch, contentType: content.type, authenticatedData };
  const plaintext = encodePrivateContent(content, { signature, confirmationTag }, paddingBytes);
  const reuseGuard = crypto.getRandomValues(new Uint8Array(reuseGuardBytes));
  const nonce = guardedNonce(messageKey.nonce, reuseGuard);
  const aad = encode(header, writePrivateMessageHeader);
  const ciphertext = await suite.aead.seal(messageKey.key, nonce, aad, plaintext);
  plaintext.fill(0);
  const senderData = new Writer(16).uint32(leafIndex).uint32(generation).fixed(reuseGuard).finish();
  const outer = senderDataKey(suite, senderDataSecret, ciphertext);
  const encryptedSenderData = await suite.aead.seal(outer.key, outer.nonce, senderDataAad(header), senderData);
  outer.key.fill(0);
  return { ...header, encryptedSenderData, ciphertext };
}

/** Who sent a message, and which key it uses (RFC 9420 §6.3.2). */
export async function openSenderData(
  suite: CipherSuite,
  message: PrivateMessage,
  senderDataSecret: Bytes,
): Promise<SenderData> {
  const { key, nonce } = senderDataKey(suite, senderDataSecret, message.ciphertext);
  const opened = await suite.aead.open(key, nonce, senderDataAad(message), message.encryptedSenderData);
  key.fill(0);
  if (opened === undefined) throw new MlsError('undecryptable', 'the sender data do not open');
  const reader = new Reader(opened);
  const data = { leafIndex: reader.uint32(), generation: reader.uint32(), reuseGuard: reader.fixed(reuseGuardBytes) };
  reader.finish();
  return data;
}

/** The ciphertext with the nonce that its sender data say. */
export async function openCiphertext(
  aead: Aead,
  message: PrivateMessage,
  { key, nonce }: MessageKey,
  { reuseGuard }: SenderData,
): Promise<Bytes> {
  const aad = encode(message, writePrivateMessageHeader);
  const opened = await aead.open(key, guardedNonce(nonce, reuseGuard), aad, message.ciphertext);
  if (opened === undefined) throw new MlsError('undecryptable', 'the message does not open');
  return opened;
}

/** PrivateMessageContent as the content it stands for. The padding must be zero (RFC 9420 §6.3.1). */
export function readPrivateContent(
  plaintext: Bytes,
  { groupId, epoch, contentType, authenticatedData }: PrivateMessage,
  leafIndex: number,
): AuthenticatedContent {
  const reader = new Reader(plaintext);
  const content = readContentBody(reader, contentType);
  const authentication = readContentAuthentication(reader, contentType);
  if (reader.fixed(reader.remaining).some((byte) => byte !== 0)) {
    throw new MlsError('malformed', 'the padding is not zero');
  }
  const framed = { groupId, epoch, sender: { type: senderTypes.member, leafIndex }, authenticatedData, content };
  return {
    wireFormat: wireFormats.privateMessage,
    framed,
    framedBytes: encodeFramedContent(framed),
    ...authentication,
  };
}
