import { type Bytes, bytesKey } from '../codec/bytes.ts';
import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import { encode } from '../codec/writer.ts';
import { MlsError } from '../errors.ts';
import { pskTypes, resumptionUsages } from './numbers.ts';

export type ResumptionUsage = (typeof resumptionUsages)[keyof typeof resumptionUsages];

/** Which pre-shared key is meant, without the nonce: PreSharedKeyID of RFC 9420 §8.4. */
export type PskName =
  | { readonly type: typeof pskTypes.external; readonly id: Bytes }
  | {
      readonly type: typeof pskTypes.resumption;
      readonly usage: ResumptionUsage;
      readonly groupId: Bytes;
      readonly epoch: bigint;
    };

/** PreSharedKeyID of RFC 9420 §8.4. The nonce is as long as the hash, fresh for each use. */
export type PskId = PskName & { readonly nonce: Bytes };

function readName(reader: Reader): PskName {
  const type = reader.uint8();
  switch (type) {
    case pskTypes.external:
      return { type, id: reader.opaque() };
    case pskTypes.resumption: {
      const usage = reader.uint8();
      if (usage < resumptionUsages.application || usage > resumptionUsages.branch) {
        throw new MlsError('malformed', 'a resumption key of unknown usage');
      }
      return { type, usage: usage as ResumptionUsage, groupId: reader.opaque(), epoch: reader.uint64() };
    }
    default:
      throw new MlsError('malformed', 'a pre-shared key of unknown type');
  }
}

export function readPskId(reader: Reader): PskId {
  return { ...readName(reader), nonce: reader.opaque() };
}

function writeName(writer: Writer, name: PskName): void {
  writer.uint8(name.type);
  if (name.type === pskTypes.external) writer.opaque(name.id);
  else writer.uint8(name.usage).opaque(name.groupId).uint64(name.epoch);
}

export function writePskId(writer: Writer, id: PskId): void {
  writeName(writer, id);
  writer.opaque(id.nonce);
}

/** A key for Map and Set: equal for the same PreSharedKeyID, nonce included. */
export function pskIdKey(id: PskId): string {
  return bytesKey(encode(id, writePskId));
}
