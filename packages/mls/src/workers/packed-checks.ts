import { type Bytes, copyBytes } from '../codec/bytes.ts';
import { decode } from '../codec/reader.ts';
import { Writer } from '../codec/writer.ts';
import type { SignatureCheck } from '../group/verify-signatures.ts';

/** Many checks as one piece of memory: handed to a worker without being copied. */
export function packChecks(checks: readonly SignatureCheck[]): Bytes {
  const writer = new Writer(checks.length * 512);
  writer.vector(checks, (item, { publicKey, data, signature }) => {
    item.opaque(publicKey).opaque(data).opaque(signature);
  });
  return writer.finish();
}

export function unpackChecks(packed: Uint8Array): SignatureCheck[] {
  return decode(copyBytes(packed), (reader) =>
    reader.vector((item) => ({ publicKey: item.opaque(), data: item.opaque(), signature: item.opaque() })),
  );
}
