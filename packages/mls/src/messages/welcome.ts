import type { Bytes } from '../codec/bytes.ts';
import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import type { HpkeCiphertext } from '../crypto/hpke.ts';
import { type PskId, readPskId, writePskId } from './psk-id.ts';
import { readHpkeCiphertext, writeHpkeCiphertext } from './update-path.ts';

/** EncryptedGroupSecrets of RFC 9420 §12.4.3.1: for one new member, named by the reference of its key package. */
export interface EncryptedGroupSecrets {
  readonly newMember: Bytes;
  readonly encryptedGroupSecrets: HpkeCiphertext;
}

/** Welcome of RFC 9420 §12.4.3.1. */
export interface Welcome {
  readonly cipherSuite: number;
  readonly secrets: readonly EncryptedGroupSecrets[];
  readonly encryptedGroupInfo: Bytes;
}

/** GroupSecrets of RFC 9420 §12.4.3.1. */
export interface GroupSecrets {
  readonly joinerSecret: Bytes;
  readonly pathSecret: Bytes | undefined;
  readonly psks: readonly PskId[];
}

function readEncryptedGroupSecrets(reader: Reader): EncryptedGroupSecrets {
  return { newMember: reader.opaque(), encryptedGroupSecrets: readHpkeCiphertext(reader) };
}

function writeEncryptedGroupSecrets(writer: Writer, { newMember, encryptedGroupSecrets }: EncryptedGroupSecrets): void {
  writer.opaque(newMember);
  writeHpkeCiphertext(writer, encryptedGroupSecrets);
}

export function readWelcome(reader: Reader): Welcome {
  return {
    cipherSuite: reader.uint16(),
    secrets: reader.vector(readEncryptedGroupSecrets),
    encryptedGroupInfo: reader.opaque(),
  };
}

export function writeWelcome(writer: Writer, welcome: Welcome): void {
  writer
    .uint16(welcome.cipherSuite)
    .vector(welcome.secrets, writeEncryptedGroupSecrets)
    .opaque(welcome.encryptedGroupInfo);
}

export function readGroupSecrets(reader: Reader): GroupSecrets {
  return {
    joinerSecret: reader.opaque(),
    pathSecret: reader.optional((item) => item.opaque()),
    psks: reader.vector(readPskId),
  };
}

export function writeGroupSecrets(writer: Writer, { joinerSecret, pathSecret, psks }: GroupSecrets): void {
  writer
    .opaque(joinerSecret)
    .optional(pathSecret, (item, secret) => void item.opaque(secret))
    .vector(psks, writePskId);
}
